// Reading /proc, relative to a directory that is held open: that of a process is its own for as long as it is held,
// whoever gets its number later.
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

// A short path with a number in it, made without an allocation: Path("task/", 42, "/stat").
class Path {
 public:
  Path(std::string_view before, pid_t number, std::string_view after);
  explicit Path(std::string_view text);
  [[nodiscard]] const char *c_str() const { return text_.data(); }

 private:
  std::array<char, 48> text_{};
};

// The directory `pid` in `proc`, itself a descriptor of /proc. Without one, errno says why.
Fd open_process(int proc, pid_t pid);

// Reads file after file into one buffer, so that a poll allocates nothing. What is given lasts until the next call.
class Reader {
 public:
  // A file that the kernel gives in one read. Nothing where it cannot be read: errno says why.
  std::optional<std::string_view> file(int directory, const char *name);
  // A file that is open already, anew from its beginning.
  std::optional<std::string_view> again(int file);
  // A list, which comes in pieces where it is long.
  std::optional<std::string_view> list(int directory, const char *name);
  // The numbers among a directory's entries.
  std::optional<std::span<const pid_t>> numbers_in(int directory, const char *name);

 private:
  std::optional<std::string_view> read(int file, bool in_pieces);

  std::string buffer_ = std::string(16384, '\0');
  std::vector<pid_t> numbers_;
};

// How many descriptors a process has open, by its directory and the name of the list in it. From Linux 6.2 on that is
// the size of the list; before, they are counted, which needs the right to trace the process.
std::optional<std::uint64_t> count_descriptors(int process, const char *list = "fd");

// Where the main thread has ended before others, the process's own files show no memory, no descriptors and no
// arguments: those of such another thread do. Gives its number; nothing where the main thread lives, or no thread does.
std::optional<pid_t> thread_instead_of_main(int process, Reader &reader);

}  // namespace rusage_bpf::proc
