// AS_USER UID COMMAND [ARG...]: becomes that user and then the command.
#include <grp.h>
#include <unistd.h>

#include <cstdlib>

#include "process.h"

int main(int argc, char **argv) {
  if (argc < 3) workload::fail("usage: as_user UID COMMAND [ARG...]");
  const auto id = static_cast<uid_t>(std::atoi(argv[1]));
  if (setgroups(0, nullptr) != 0 || setresgid(id, id, id) != 0 || setresuid(id, id, id) != 0)
    workload::fail("becoming the user");
  execv(argv[2], argv + 2);
  workload::fail("exec");
}
