// actor STEP...: does one thing after the other, to be made a setuid program or not:
//   read:N        reads N bytes, one a call        write:FILE    creates it
//   read:N        reads N bytes, one a call        write:FILE    creates it
//   root, user:N  becomes that user for good (all three ids)     private:0|1   private:1 is PR_SET_DUMPABLE 0
//   spin:MS       of CPU time                      exec COMMAND [ARG...]
// The exit status is 0, or that of the last reaped child.
#include <fcntl.h>
#include <grp.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

#include "process.h"

namespace {

void become(uid_t id) {
  if ((geteuid() == 0 && setgroups(0, nullptr) != 0) || setresgid(id, id, id) != 0 || setresuid(id, id, id) != 0)
    workload::fail("becoming the user");
}

void read_bytes(int count) {
  const auto zero = workload::open_file("/dev/zero", O_RDONLY);
  for (char byte = 0; count > 0; count--) workload::read_once(zero.get(), &byte, 1);
}

void wait_for(const char *file) {
  for (int i = 0; access(file, F_OK) != 0; i++) {
    if (i == 30'000) workload::fail("waiting for a file");
    usleep(2000);
  }
}

void go_on_in_child() {
  const pid_t child = workload::fork_process();
  if (child == 0) return;
  int status = 0;
  if (waitpid(child, &status, 0) != child) workload::fail("waitpid");
  _exit(WIFEXITED(status) ? WEXITSTATUS(status) : 99);
}

void act(const std::string &step) {
  const std::size_t colon = step.find(':');
  const std::string name = step.substr(0, colon);
  const std::string value = colon == std::string::npos ? "" : step.substr(colon + 1);
  const int number = std::atoi(value.c_str());
  if (name == "read") return read_bytes(number);
  if (name == "write") return static_cast<void>(workload::open_file(value.c_str(), O_CREAT | O_WRONLY));
  if (name == "wait") return wait_for(value.c_str());
  if (name == "fork") return go_on_in_child();
  if (name == "root") return become(0);
  if (name == "user") return become(static_cast<uid_t>(number));
  if (name == "private" && prctl(PR_SET_DUMPABLE, number == 0 ? 1 : 0) == 0) return;
  if (name == "spin")
    return workload::burn_cpu(CLOCK_PROCESS_CPUTIME_ID, 1'000'000 * static_cast<std::uint64_t>(number));
  workload::fail(("step " + step).c_str());
}

}  // namespace

int main(int argc, char **argv) {
  for (int i = 1; i < argc; i++) {
    const std::string step = argv[i];
    if (step == "exec" && i + 1 < argc) {
      execv(argv[i + 1], argv + i + 1);
      workload::fail("exec");
    }
    act(step);
  }
}
