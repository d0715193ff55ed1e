#include "model/process.h"

#include <sys/wait.h>

namespace rusage_bpf {

Exit exit_of_status(int status) {
  if (WIFSIGNALED(status)) return {.code = {}, .signal = WTERMSIG(status)};
  return {.code = WEXITSTATUS(status), .signal = {}};
}

std::string base_name(const std::string &path) {
  return path.substr(path.rfind('/') + 1);
}

std::vector<std::string> split_arguments(std::string_view text) {
  std::vector<std::string> arguments;
  while (!text.empty()) {
    const std::size_t end = text.find('\0');
    arguments.emplace_back(text.substr(0, end));
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return arguments;
}

std::vector<std::string> running_arguments(std::string_view text) {
  const std::size_t last = text.find_last_not_of('\0');
  return split_arguments(text.substr(0, last == std::string_view::npos ? 0 : last + 1));
}

}  // namespace rusage_bpf
