#include "output/nameless_file.h"

#include <fcntl.h>

#include <cstdlib>

namespace rusage_bpf {

Result<Fd> open_nameless_file() {
  const char *chosen = std::getenv("TMPDIR");
  for (const char *folder : {chosen, "/var/tmp", "/tmp"}) {
    Fd file(folder ? open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600) : -1);
    if (file) return file;
  }
  return errno_error("a temporary file for what waits to be written (in $TMPDIR, /var/tmp)");
}

}  // namespace rusage_bpf
