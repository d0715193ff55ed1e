#include "source/proc_image.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <climits>
#include <string>

#include "model/name.h"
#include "model/process.h"
#include "os/fd.h"
#include "proc/files.h"
#include "rusage_bpf/task_event.h"

namespace rusage_bpf {
namespace {

std::string read_start(int directory, const char *name, std::size_t max_bytes) {
  const Fd file(openat(directory, name, O_RDONLY | O_CLOEXEC));
  std::string text(max_bytes, '\0');
  const ssize_t length = file ? read(file.get(), text.data(), text.size()) : -1;
  text.resize(length < 0 ? 0 : static_cast<std::size_t>(length));
  return text;
}

// The name of the file that a link in /proc points to. Empty if the link cannot be read.
std::string file_behind(int directory, const std::string &link) {
  std::array<char, PATH_MAX> path{};
  const ssize_t length = readlinkat(directory, link.c_str(), path.data(), path.size());
  if (length <= 0) return "";
  std::string name = base_name(std::string(path.data(), static_cast<std::size_t>(length)));
  // The kernel adds this for a deleted file. Another file may have a name that ends like that.
  constexpr std::string_view deleted = " (deleted)";
  struct stat status {};
  if (name.ends_with(deleted) && fstatat(directory, link.c_str(), &status, 0) == 0 && status.st_nlink == 0)
    name.resize(name.size() - deleted.size());
  return name;
}

// Before Linux 6.14, a program that was executed by its descriptor (fexecve) has the descriptor's number as its name. A
// script's interpreter gets the descriptor as an argument.
std::string executed_by_descriptor(int directory, const std::string &number, const std::vector<std::string> &argv) {
  const bool is_script = std::find(argv.begin(), argv.end(), "/dev/fd/" + number) != argv.end();
  return file_behind(directory, is_script ? "fd/" + number : "exe");
}

// The name by which the process was started, if that can be found: the kernel cuts its own copy of the name, a program
// can change it, and the name of the executable needs permission to trace the process.
std::string command_of(int directory, const std::vector<std::string> &argv) {
  std::string comm = read_start(directory, "comm", 64);
  if (comm.ends_with('\n')) comm.pop_back();
  const auto is_comm = [&](const std::string &argument) {
    return base_name(argument) == comm && !argument.starts_with("/dev/fd/");
  };
  const bool is_number = !comm.empty() && comm.find_first_not_of("0123456789") == std::string::npos;
  if (is_number && std::none_of(argv.begin(), argv.end(), is_comm))
    if (std::string name = executed_by_descriptor(directory, comm, argv); !name.empty()) return name;
  constexpr std::size_t longest_comm = 15;
  if (comm.size() != longest_comm) return comm;
  // The arguments of a script's interpreter have the script after the interpreter and its option.
  for (std::size_t i = 0; i < std::min<std::size_t>(argv.size(), 3); i++)
    if (std::string started_as = base_name(argv[i]); started_as.starts_with(comm)) return started_as;
  std::string executable = file_behind(directory, "exe");
  return executable.starts_with(comm) ? executable : comm;
}

}  // namespace

std::shared_ptr<const Image> image_in(int process) {
  auto image = std::make_shared<Image>();
  const auto read_arguments = [](int directory) {
    return running_arguments(read_start(directory, "cmdline", RUSAGE_EXEC_ARGUMENTS_BYTES));
  };
  auto argv = read_arguments(process);
  if (argv.empty()) {
    proc::Reader reader;
    if (const auto tid = proc::live_thread_without_main(process, reader)) {
      const Fd thread(openat(process, proc::Path("task/", *tid, "").c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
      argv = read_arguments(thread.get());
    }
  }
  image->argv = texts_of_bytes(argv);
  const std::string command = command_of(process, argv);
  if (!command.empty()) image->command = text_of_bytes(command);
  return image;
}

std::shared_ptr<const Image> find_image(pid_t pid) {
  const Fd process(open(fmt::format("/proc/{}", pid).c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  return process ? image_in(process.get()) : std::make_shared<const Image>();
}

}  // namespace rusage_bpf
