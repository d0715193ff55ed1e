// A program on a pseudo-terminal, with the test as its keyboard.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "os/fd.h"
#include "support/background.h"

namespace test {

// A program with its own terminal, as the leader of its session.
class Terminal {
 public:
  explicit Terminal(const Start &start);

  [[nodiscard]] pid_t pid() const { return process_->pid(); }
  // Presses keys: "\x03" is Ctrl-C, "\x1a" is Ctrl-Z, "\x1c" is Ctrl-\.
  void type(std::string_view keys) const;
  // Waits for the text, after the text of the last call.
  void wait_for(std::string_view text);
  void resize(unsigned short rows, unsigned short columns) const;
  void hang_up() { master_.reset(); }
  // Waits for the program's end. `output` is everything that was shown.
  Finished wait();

 private:
  // Waits for more text or the program's end, and keeps the text.
  void look(Deadline deadline, const std::string &what);
  bool read_shown();

  rusage_bpf::Fd master_;
  std::optional<Process> process_;
  std::string shown_;
  std::size_t seen_ = 0;  // how much of it was waited for
};

}  // namespace test
