#include "support/users.h"

#include <grp.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <array>
#include <memory>
#include <type_traits>

namespace test {

void become_nobody() {
  if (setgroups(0, nullptr) != 0 || setresgid(nobody, nobody, nobody) != 0 ||
      setresuid(nobody, nobody, nobody) != 0)
    _exit(98);
}

void become_capable_nobody() {
  constexpr std::array needed{CAP_BPF, CAP_PERFMON};
  prctl(PR_SET_KEEPCAPS, 1);
  become_nobody();
  const std::unique_ptr<std::remove_pointer_t<cap_t>, int (*)(void *)> caps(cap_init(), cap_free);
  for (const cap_flag_t set : {CAP_PERMITTED, CAP_EFFECTIVE, CAP_INHERITABLE})
    cap_set_flag(caps.get(), set, needed.size(), needed.data(), CAP_SET);
  if (cap_set_proc(caps.get()) != 0) _exit(98);
  for (const cap_value_t one : needed)
    if (cap_set_ambient(one, CAP_SET) != 0) _exit(98);
}

}  // namespace test
