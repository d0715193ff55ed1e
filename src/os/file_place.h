// The directory of a path, as an open descriptor, and the name in it. Later operations use that directory, even if the
// path leads elsewhere then.
#pragma once

#include <sys/stat.h>

#include <optional>
#include <string>
#include <string_view>

#include "os/error.h"
#include "os/fd.h"

namespace rusage_bpf {

struct FilePlace {
  std::optional<int>
      descriptor;         // the path is a descriptor of this process, such as /dev/fd/63; then the rest is empty
  Fd directory;           // opened with O_PATH
  std::string name;       // in that directory
  Fd entry;               // the file with that name, opened with O_PATH; nothing if there is none
  struct stat status {};  // of the entry
  struct stat directory_status {};

  // Whether another user may have made the entry to get what the caller writes: it is in a directory where all users
  // may make files, and belongs neither to the caller nor to the directory's owner (as fs.protected_regular and
  // protected_fifos check).
  [[nodiscard]] bool is_planted() const;
};

enum class LastLink { follow, keep };

// Walks the path with the privileges of the calling thread. Follows symbolic links as the kernel does with
// fs.protected_symlinks, but the last link must belong to the caller or root. With `LastLink::keep`, the entry is the
// last link itself. Fails if there is no such directory.
Result<FilePlace> find_place(const std::string &path, LastLink last_link);

// Opens the file of an O_PATH descriptor. On failure, errno says why.
Fd reopen(const Fd &entry, int flags);

// The descriptor of a path such as /dev/fd/63 (63) or /dev/stdout (1).
std::optional<int> descriptor_of(std::string_view path);

}  // namespace rusage_bpf
