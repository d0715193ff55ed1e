// Reads files of /proc relative to an open directory. The open directory of a process stays that process's, even if its
// pid is used again.
#pragma once

#include <sys/types.h>

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "os/fd.h"

namespace rusage_bpf::proc {

// A short path with a number, made without allocating memory: Path("task/", 42, "/stat").
class Path {
 public:
  Path(std::string_view before, pid_t number, std::string_view after);
  explicit Path(std::string_view text);
  [[nodiscard]] const char *c_str() const { return text_.data(); }

 private:
  std::array<char, 48> text_{};
};

// Opens the directory of `pid` in `proc`, an open /proc. On failure, errno says why.
Fd open_process(int proc, pid_t pid);

// Reads files into one buffer, so that a poll allocates no memory. A result is valid until the next call.
class Reader {
 public:
  // Reads a file that the kernel returns in one read. Nothing on failure: errno says why.
  std::optional<std::string_view> file(int directory, const char *name);
  // Reads an open file from its start.
  std::optional<std::string_view> open_file(int file);
  // Reads a list, which the kernel returns in pieces if it is long.
  std::optional<std::string_view> list(int directory, const char *name);
  // The numbers among a directory's entries.
  std::optional<std::span<const pid_t>> numbers_in(int directory, const char *name);

 private:
  std::optional<std::string_view> read(int file, bool in_pieces);

  std::string buffer_ = std::string(16384, '\0');
  std::vector<pid_t> numbers_;
};

// How many descriptors a process has open. `process` is its open directory. Since Linux 6.2 that is the size of the
// list; before, they are counted, which needs permission to trace the process.
std::optional<std::uint64_t> count_descriptors(int process, const char *list = "fd");

// If the main thread has exited before other threads, the files of the process show no memory, no descriptors and no
// arguments, but those of its other threads do. Returns a live thread in that case, and nothing if the main thread is
// live or no thread is.
std::optional<pid_t> live_thread_without_main(int process, Reader &reader);

}  // namespace rusage_bpf::proc
