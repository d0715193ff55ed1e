#include "os/temporary_file.h"

#include <fcntl.h>

#include <cstdlib>

namespace rusage_bpf {

// /tmp is the last, because it is in memory on many systems.
Result<Fd> open_temporary_file() {
  const char *chosen = std::getenv("TMPDIR");
  for (const char *folder : {chosen, "/var/tmp", "/tmp"}) {
    Fd file(folder ? open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600) : -1);
    if (file) return file;
  }
  return errno_error("a temporary file (in $TMPDIR, /var/tmp or /tmp)");
}

}  // namespace rusage_bpf
