#include "support/process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "os/caller.h"

namespace test {
namespace {

// If RUSAGE_TEST_DOCUMENTS names a directory, a later test validates the documents in it. That takes a millisecond per
// row, so only short documents are put there, and not too many.
void keep_for_validation(const std::string &document) {
  constexpr int most = 300;
  constexpr std::uintmax_t longest_bytes = 200'000;
  static int kept = 0;
  const char *const directory = std::getenv("RUSAGE_TEST_DOCUMENTS");
  if (!directory || kept == most || std::filesystem::file_size(document) > longest_bytes) return;
  std::filesystem::create_directories(directory);
  std::filesystem::copy_file(document, std::filesystem::path(directory) / fmt::format("{}-{}.json", getpid(), kept++));
}

}  // namespace

std::string built(const std::string &name) {
  const char *directory = std::getenv("RUSAGE_BUILD_DIR");
  return fmt::format("{}/{}", directory ? directory : "build", name);
}

bool clock_is_emulated() {
  return std::getenv("RUSAGE_EMULATED_CLOCK") != nullptr;
}

bool tasks_can_be_held() {
  return read_file("/sys/kernel/btf/vmlinux").find("bpf_task_acquire") != std::string::npos;
}

TemporaryDirectory::TemporaryDirectory() {
  std::string pattern = std::filesystem::temp_directory_path() / "rusage-bpf-test-XXXXXX";
  if (!mkdtemp(pattern.data())) throw std::runtime_error("mkdtemp " + pattern);
  path_ = pattern;
  // Under sudo, outputs are written with the calling user's privileges.
  const rusage_bpf::Caller user = rusage_bpf::caller();
  if (chown(pattern.c_str(), user.uid, user.gid) != 0) throw std::runtime_error("chown " + pattern);
}

TemporaryDirectory::~TemporaryDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::vector<std::string> TemporaryDirectory::names() const {
  std::vector<std::string> names;
  for (const auto &entry : std::filesystem::directory_iterator(path_)) names.push_back(entry.path().filename());
  std::sort(names.begin(), names.end());
  return names;
}

Finished run(const std::vector<std::string> &argv, const std::string &directory) {
  // Files instead of pipes, so that they need not be read while the program runs.
  const TemporaryDirectory outputs;
  const std::string output_path = outputs.file("output");
  const std::string errors_path = outputs.file("errors");
  std::vector<char *> arguments;
  for (const std::string &argument : argv) arguments.push_back(const_cast<char *>(argument.c_str()));
  arguments.push_back(nullptr);

  const pid_t pid = fork();
  if (pid < 0) throw std::runtime_error("fork");
  if (pid == 0) {
    const auto replace = [](int fd, const char *path, int flags) {
      const int file = open(path, flags, 0600);
      if (file < 0 || dup2(file, fd) < 0) _exit(99);
      close(file);
    };
    replace(STDIN_FILENO, "/dev/null", O_RDONLY);
    replace(STDOUT_FILENO, output_path.c_str(), O_WRONLY | O_CREAT);
    replace(STDERR_FILENO, errors_path.c_str(), O_WRONLY | O_CREAT);
    if (!directory.empty() && chdir(directory.c_str()) != 0) _exit(99);
    execvp(arguments[0], arguments.data());
    _exit(99);
  }
  int status = 0;
  if (waitpid(pid, &status, 0) != pid) throw std::runtime_error("waitpid");
  Finished finished;
  if (WIFEXITED(status)) finished.exit_code = WEXITSTATUS(status);
  if (WIFSIGNALED(status)) finished.signal = WTERMSIG(status);
  finished.output = read_file(output_path);
  finished.errors = read_file(errors_path);
  return finished;
}

void check_line(const std::string &errors, const std::vector<std::string> &words) {
  INFO(errors);
  CHECK(errors.starts_with("rusage-bpf: "));
  CHECK(errors.ends_with("\n"));
  CHECK(std::count(errors.begin(), errors.end(), '\n') == 1);
  for (const std::string &word : words) CHECK(errors.find(word) != std::string::npos);
}

std::string read_file(const std::string &path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("reading " + path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

nlohmann::json read_json(const std::string &path) {
  auto json = nlohmann::json::parse(read_file(path));
  if (json.contains("schema")) keep_for_validation(path);
  return json;
}

}  // namespace test
