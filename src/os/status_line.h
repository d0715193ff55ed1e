// A line on a terminal that is drawn again and again where it stands, for figures of something that goes on.
#pragma once

#include <optional>
#include <string_view>

#include "os/fd.h"

namespace rusage_bpf {

// Drawing never waits: a terminal that takes nothing at the moment has the line left out. Nor does it disturb: while
// the terminal belongs to another job, there is no line. It is wiped when its owner goes away, whatever the reason.
class StatusLine {
 public:
  // On the terminal that standard error is; nothing where it is none, or one that cannot redraw a line.
  static std::optional<StatusLine> open();

  StatusLine(StatusLine &&) = default;
  StatusLine &operator=(StatusLine &&) = delete;
  ~StatusLine() { wipe(); }

  // The terminal's width now.
  [[nodiscard]] unsigned columns() const;
  // In place of what was drawn before. The text is to be narrower than the terminal. False if it was left out.
  bool draw(std::string_view text);
  // Before anything else is said.
  void wipe();

 private:
  explicit StatusLine(Fd terminal) : terminal_(std::move(terminal)) {}
  [[nodiscard]] bool in_foreground() const;

  Fd terminal_;  // its writes do not wait
  bool drawn_ = false;
};

}  // namespace rusage_bpf
