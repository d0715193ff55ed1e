#include "source/proc_gauges.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <memory>

#include "os/fd.h"

namespace rusage_bpf {
namespace {

// /proc/PID/statm begins with the virtual size and the resident set, in pages.
void add_memory(int process, Snapshot &snapshot) {
  const Fd file(openat(process, "statm", O_RDONLY | O_CLOEXEC));
  std::array<char, 128> text{};
  const ssize_t length = file ? read(file.get(), text.data(), text.size()) : -1;
  if (length <= 0) return;
  const char *end = text.data() + length;
  std::uint64_t virtual_pages = 0;
  std::uint64_t resident_pages = 0;
  const auto [space, failure] = std::from_chars(text.data(), end, virtual_pages);
  if (failure != std::errc() || space == end) return;
  if (std::from_chars(space + 1, end, resident_pages).ec != std::errc()) return;
  static const auto page_bytes = static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
  snapshot.value[RUSAGE_vms] += virtual_pages * page_bytes;
  snapshot.value[RUSAGE_rss] += resident_pages * page_bytes;
}

// From 6.2 the size of /proc/PID/fd is the number of its entries; before, they have to be counted.
void add_descriptors(int process, Snapshot &snapshot) {
  Fd directory(openat(process, "fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  struct stat status {};
  if (!directory || fstat(directory.get(), &status) != 0) return;
  if (status.st_size > 0) {
    snapshot.value[RUSAGE_num_fds] += static_cast<std::uint64_t>(status.st_size);
    return;
  }
  const std::unique_ptr<DIR, int (*)(DIR *)> entries(fdopendir(directory.get()), closedir);
  if (!entries) return;
  directory.release();
  while (const dirent *entry = readdir(entries.get()))
    if (entry->d_name[0] != '.') snapshot.value[RUSAGE_num_fds]++;
}

}  // namespace

void add_proc_gauges(std::span<const std::uint64_t> pids, Snapshot &snapshot) {
  for (const std::uint64_t pid : pids) {
    std::array<char, 32> path{};
    fmt::format_to_n(path.data(), path.size() - 1, "/proc/{}", pid);
    const Fd process(open(path.data(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!process) continue;
    add_memory(process.get(), snapshot);
    add_descriptors(process.get(), snapshot);
  }
}

}  // namespace rusage_bpf
