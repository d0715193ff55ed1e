// A directory in which a command, mostly a shell script, is recorded.
#pragma once

#include <sys/types.h>

#include <functional>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "os/fd.h"
#include "support/background.h"
#include "support/process.h"

namespace test {

// Shell text that waits until the file exists, for a limited time.
std::string until_exists(const std::string &file);
// The same without sleep, so that the shell's traps run at once, for each signal separately.
std::string watch_until_exists(const std::string &file);

class Scene {
 public:
  // The text is what `sh script` runs.
  explicit Scene(const std::string &script = "");

  [[nodiscard]] std::string path(const std::string &name = "") const;
  void create(const std::string &name, const std::string &text = "") const;
  [[nodiscard]] bool exists(const std::string &name) const;
  [[nodiscard]] std::string text(const std::string &name) const { return read_file(path(name)); }
  [[nodiscard]] std::set<std::string> files() const;

  // The recorder with these arguments, to be started in the directory.
  [[nodiscard]] Start recorder(std::vector<std::string> arguments) const;
  // The recorder of the script, with -q, to out.json. `prepare` is called before its exec.
  [[nodiscard]] Start recorded_script(std::function<void()> prepare = {}) const;
  // Checks that out.json is complete and has how the command ended.
  void check_recording(const nlohmann::json &exit_code, const nlohmann::json &signal) const;

 private:
  TemporaryDirectory directory_;
};

// Makes a shell script wait at `read line <FILE` until `open` is called. Unlike a loop with sleeps, that starts no
// process: a shell that waits for its vforked child cannot be stopped.
class Gate {
 public:
  explicit Gate(const std::string &file);
  void open() const;

 private:
  rusage_bpf::Fd fifo_;  // both ends, so that a script without a test reads the end of the file
};

// The state of a process in /proc/PID/stat; all 0 if it is gone.
struct ProcessState {
  char state = 0;  // 'T': stopped
  pid_t parent = 0;
  pid_t group = 0;
  pid_t session = 0;
  int terminal = 0;
  pid_t terminal_foreground_group = 0;
};
ProcessState process_state(pid_t pid);

// The pids of a command and its recorder. The script must start with `tell`.
struct Pair {
  static constexpr const char *tell = "echo $$ $PPID >pids.new; mv pids.new pids; ";

  explicit Pair(const Scene &scene);
  [[nodiscard]] bool both_stopped() const;
  [[nodiscard]] bool none_stopped() const;

  pid_t command = 0;
  pid_t recorder = 0;
};

}  // namespace test
