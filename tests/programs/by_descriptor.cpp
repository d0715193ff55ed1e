// by_descriptor HOW FILE [ARGUMENT...]: executes FILE in one of the ways in which the kernel is given no path of it, or
// none that has its name.
//   fexecve    by its descriptor, which is closed then; a script's stays open, for its interpreter
//   directory  by its directory's descriptor and its name
//   link       by /proc/self/fd/N
//   memory     a copy of it in memory, by its descriptor
//   removed    by its descriptor, after it was removed
//   itself     ourselves, by /proc/self/exe, and then FILE by its path
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <string>

namespace {

void execute(int descriptor, const char *path, char **arguments, int flags) {
  syscall(SYS_execveat, descriptor, path, arguments, environ, flags);
}

bool is_script(int file) {
  char start[2] = {};
  return pread(file, start, sizeof(start), 0) == 2 && std::memcmp(start, "#!", 2) == 0;
}

int copy_in_memory(int file) {
  const int memory = memfd_create("copy of it", MFD_CLOEXEC);
  struct stat status {};
  fstat(file, &status);
  off_t at = 0;
  while (at < status.st_size)
    if (sendfile(memory, file, &at, static_cast<size_t>(status.st_size - at)) <= 0) break;
  return memory;
}

}  // namespace

int main(int argc, char **argv) {
  if (argc < 3) return 2;
  const std::string how = argv[1];
  const std::string path = argv[2];
  char **arguments = argv + 2;
  int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file >= 0 && is_script(file)) fcntl(file, F_SETFD, 0);
  if (how == "directory") {
    const auto slash = path.rfind('/');
    const int directory = open(path.substr(0, slash).c_str(), O_PATH | O_DIRECTORY);
    execute(directory, path.c_str() + slash + 1, arguments, 0);
  } else if (how == "link") {
    execv(("/proc/self/fd/" + std::to_string(file)).c_str(), arguments);
  } else if (how == "itself") {
    static char last[] = "path";
    argv[1] = last;
    execv("/proc/self/exe", argv);
  } else if (how == "path") {
    execv(path.c_str(), arguments);
  } else {
    if (how == "memory") file = copy_in_memory(file);
    if (how == "removed") unlink(path.c_str());
    execute(file, "", arguments, AT_EMPTY_PATH);
  }
  std::perror("by_descriptor");
  return 1;
}
