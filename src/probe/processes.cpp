#include "probe/processes.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cctype>
#include <cerrno>
#include <filesystem>

#include "os/fd.h"

namespace rusage_bpf {

Readable try_others(const Roots &roots, uid_t own) {
  std::error_code failure;
  std::filesystem::directory_iterator entry(roots.proc, failure);
  for (; !failure && entry != std::filesystem::end(entry); entry.increment(failure)) {
    const std::filesystem::path &path = entry->path();
    struct stat process {};
    if (std::isdigit(static_cast<unsigned char>(path.filename().string().front())) == 0 ||
        stat(path.c_str(), &process) != 0 || process.st_uid == own)
      continue;
    // The kernel checks the permission at the read. The process may be gone.
    const Fd file(open((path / "io").c_str(), O_RDONLY | O_CLOEXEC));
    char byte = 0;
    const ssize_t got = file ? read(file.get(), &byte, 1) : -1;
    if (got == 1) return Readable::all;
    if (got < 0 && (errno == EACCES || errno == EPERM)) return Readable::own;
  }
  return Readable::no_others;
}

Check others_check(Readable readable, const Privileges &privileges, const Executable &executable) {
  constexpr auto name = "others' processes";
  if (readable == Readable::all) return {name, "all their counters can be read"};
  if (readable == Readable::no_others) return {name, "no other process is visible"};
  const Remedy container{"docker run --cap-add SYS_PTRACE IMAGE", "from outside: the container, started anew"};
  return {name,
          "their I/O and descriptors cannot be read, and are null",
          Check::State::limits,
          {privileges.uid == 0 ? container : as_root(executable)}};
}

}  // namespace rusage_bpf
