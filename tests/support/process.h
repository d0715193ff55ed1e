// Runs the built programs, and reads their files.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace test {

// The path of a built program, such as "rusage-bpf" or "tests/programs/children", in RUSAGE_BUILD_DIR.
std::string built(const std::string &name);

// Whether the clock is emulated. Then tolerances for times are wider.
bool clock_is_emulated();

// Whether the kernel can hold tasks: its BTF has the function.
bool tasks_can_be_held();

// A directory that is removed at the end of the test.
class TemporaryDirectory {
 public:
  TemporaryDirectory();
  ~TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory &) = delete;
  TemporaryDirectory &operator=(const TemporaryDirectory &) = delete;

  [[nodiscard]] const std::filesystem::path &path() const { return path_; }
  [[nodiscard]] std::string file(const std::string &name) const { return path_ / name; }
  // The names in it, sorted.
  [[nodiscard]] std::vector<std::string> names() const;

 private:
  std::filesystem::path path_;
};

struct Finished {
  int exit_code = -1;  // -1 when a signal ended it
  int signal = 0;
  std::string output;  // standard output
  std::string errors;  // standard error
};

// Runs a program to its end, with empty standard input. `directory` is its working directory; empty: the test's.
Finished run(const std::vector<std::string> &argv, const std::string &directory = "");

// Checks that the recorder's message is one line with these words.
void check_line(const std::string &errors, const std::vector<std::string> &words);

std::string read_file(const std::string &path);
nlohmann::json read_json(const std::string &path);

}  // namespace test
