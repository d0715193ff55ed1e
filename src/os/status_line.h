// A line on a terminal that is redrawn in place, to show progress.
#pragma once

#include <optional>
#include <string_view>

#include "os/fd.h"

namespace rusage_bpf {

// Drawing never blocks: if the terminal accepts nothing now, the line is skipped. While the terminal belongs to another
// job, nothing is drawn. The destructor wipes the line.
class StatusLine {
 public:
  // Nothing if standard error is no terminal, or one that cannot redraw a line.
  static std::optional<StatusLine> open();

  StatusLine(StatusLine &&) = default;
  StatusLine &operator=(StatusLine &&) = delete;
  ~StatusLine() { wipe(); }

  // The current width of the terminal.
  [[nodiscard]] unsigned columns() const;
  // Replaces the line. The text must be narrower than the terminal. False if it was skipped.
  bool draw(std::string_view text);
  // Called before other messages.
  void wipe();

 private:
  explicit StatusLine(Fd terminal) : terminal_(std::move(terminal)) {}
  [[nodiscard]] bool in_foreground() const;

  Fd terminal_;  // non-blocking
  bool drawn_ = false;
};

}  // namespace rusage_bpf
