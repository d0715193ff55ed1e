// Running the built programs from a test, and reading what they leave.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace test {

// A program of the build: "rusage-bpf", "tests/programs/children". The build is where
// RUSAGE_BUILD_DIR says.
std::string built(const std::string &name);

// Whether time passes as on real hardware; on an emulated clock tolerances on time are wider.
bool clock_is_emulated();

// Whether the kernel has what holding a task needs: its BTF names the function.
bool tasks_can_be_held();

// A directory of the test's own, removed at its end.
class TemporaryDirectory {
 public:
  TemporaryDirectory();
  ~TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory &) = delete;
  TemporaryDirectory &operator=(const TemporaryDirectory &) = delete;

  [[nodiscard]] const std::filesystem::path &path() const { return path_; }
  [[nodiscard]] std::string file(const std::string &name) const { return path_ / name; }
  // What is in it, in alphabetical order.
  [[nodiscard]] std::vector<std::string> names() const;

 private:
  std::filesystem::path path_;
};

struct Finished {
  int exit_code = -1;  // -1 when a signal ended it
  int signal = 0;
  std::string output;  // what it wrote to standard output
  std::string errors;  // and to standard error
};

// Runs a program to its end, standard input empty. `directory` is its working directory; empty:
// ours.
Finished run(const std::vector<std::string> &argv, const std::string &directory = "");

// Checks that a recorder has said one line, with these words in it.
void check_line(const std::string &errors, const std::vector<std::string> &words);

std::string read_file(const std::string &path);
nlohmann::json read_json(const std::string &path);

}  // namespace test
