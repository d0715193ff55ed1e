// Where a path leads: the directory, held open, and the name in it. What is done there later is done in that directory
// and nowhere else, whatever becomes of the path meanwhile.
#pragma once

#include <sys/stat.h>

#include <optional>
#include <string>
#include <string_view>

#include "os/error.h"
#include "os/fd.h"

namespace rusage_bpf {

struct FilePlace {
  std::optional<int> descriptor;  // the path means one of this process, as /dev/fd/63 does; the rest is empty then
  Fd directory;                   // opened with O_PATH
  std::string name;               // in that directory
  Fd entry;                       // what has the name, opened with O_PATH; nothing where it is free
  struct stat status {};          // of the entry
  struct stat directory_status {};

  // Somebody else may have put the entry there to be given what the caller writes: it is in a directory where anybody
  // may put files, and neither the caller's nor the directory's owner's (as in fs.protected_regular and
  // protected_fifos).
  [[nodiscard]] bool is_planted() const;
};

enum class LastLink { follow, keep };

// Goes one step at a time with the privileges of the calling thread, and follows symbolic links as the kernel does with
// fs.protected_symlinks, except that the last one must be the caller's or root's. `LastLink::keep` gives that as the
// entry. Fails where there is no such directory.
Result<FilePlace> find_place(const std::string &path, LastLink last_link);

// What an O_PATH descriptor stands for, opened. Nothing, with errno, where that fails.
Fd reopen(const Fd &entry, int flags);

// The number of the descriptor that a path means: 63 for /dev/fd/63, 1 for /dev/stdout.
std::optional<int> descriptor_of(std::string_view path);

}  // namespace rusage_bpf
