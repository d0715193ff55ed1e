#include "source/proc_image.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <climits>
#include <string>

#include "os/fd.h"
#include "proc/files.h"
#include "rusage_bpf/task_event.h"

namespace rusage_bpf {
namespace {

std::string read_start(int directory, const char *name, std::size_t most) {
  const Fd file(openat(directory, name, O_RDONLY | O_CLOEXEC));
  std::string text(most, '\0');
  const ssize_t length = file ? read(file.get(), text.data(), text.size()) : -1;
  text.resize(length < 0 ? 0 : static_cast<std::size_t>(length));
  return text;
}

// The name that it was started by, as far as that can be told: the kernel cuts its own copy, which a program can
// change, and the executable's is for those alone who may trace the process.
std::string command_of(int directory, const std::vector<std::string> &argv) {
  std::string comm = read_start(directory, "comm", 64);
  if (comm.ends_with('\n')) comm.pop_back();
  constexpr std::size_t longest_comm = 15;
  std::string started_as = argv.empty() ? "" : base_name(argv.front());
  if (comm.size() == longest_comm && started_as.starts_with(comm)) return started_as;
  std::array<char, PATH_MAX> path{};
  const ssize_t length = readlinkat(directory, "exe", path.data(), path.size());
  const std::string executable =
      length > 0 ? base_name(std::string(path.data(), static_cast<std::size_t>(length))) : "";
  return comm.size() == longest_comm && executable.starts_with(comm) ? executable : comm;
}

}  // namespace

std::shared_ptr<const Image> image_in(int process) {
  auto image = std::make_shared<Image>();
  const auto read_arguments = [](int directory) {
    return split_arguments(read_start(directory, "cmdline", RUSAGE_EXEC_ARGUMENTS_BYTES));
  };
  image->argv = read_arguments(process);
  if (image->argv.empty()) {
    proc::Reader reader;
    if (const auto tid = proc::thread_instead_of_main(process, reader)) {
      const Fd thread(
          openat(process, proc::Path("task/", *tid, "").c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
      image->argv = read_arguments(thread.get());
    }
  }
  const std::string command = command_of(process, image->argv);
  if (!command.empty()) image->command = command;
  return image;
}

std::shared_ptr<const Image> find_image(pid_t pid) {
  const Fd process(open(fmt::format("/proc/{}", pid).c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  return process ? image_in(process.get()) : std::make_shared<const Image>();
}

}  // namespace rusage_bpf
