#include "os/privileges.h"

#include <sys/prctl.h>
#include <unistd.h>

#include <memory>
#include <vector>

#include "os/caller.h"
#include "os/user.h"

namespace rusage_bpf {
namespace {

using Capabilities = std::unique_ptr<std::remove_pointer_t<cap_t>, int (*)(void *)>;

bool includes(const Capabilities &all, cap_value_t one, cap_flag_t set) {
  cap_flag_value_t value = CAP_CLEAR;
  return all && cap_get_flag(all.get(), one, set, &value) == 0 && value == CAP_SET;
}

std::vector<cap_value_t> capabilities_for(const RetainedCapabilities &needed) {
  std::vector<cap_value_t> list;
  if (needed.signal_others) list.push_back(CAP_KILL);
  // The first is for /proc with hidepid, the second for the directory of descriptors.
  if (needed.read_proc_of_others) list.insert(list.end(), {CAP_SYS_PTRACE, CAP_DAC_READ_SEARCH});
  // The first is for the directory, the second to replace a file in a sticky one. CAP_CHOWN is not needed, because the
  // file is created by the user that owns it.
  if (needed.write_in_others_places) list.insert(list.end(), {CAP_DAC_OVERRIDE, CAP_FOWNER});
  return list;
}

// Makes sure that no exec can give privileges back.
Result<void> prevent_regain() {
  // With file capabilities, the process may not change the bounding set, but no_new_privs is enough.
  if (has_capability(CAP_SETPCAP))
    for (cap_value_t one = 0; one < cap_max_bits(); one++)
      if (cap_drop_bound(one) != 0) return errno_error("giving up capabilities");
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return errno_error("giving up capabilities");
  return {};
}

Result<void> become_the_caller() {
  const Caller user = caller();
  if (user.uid == geteuid()) return {};
  constexpr const char *doing = "becoming the user who called sudo";
  // Without this, the change of user would also remove the capabilities that are still needed.
  if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) != 0) return errno_error(doing);
  const auto done = become({user.uid, user.gid, groups_of(user.uid, user.gid)});
  if (!done) return errno_error(doing, done.error().errno_value);
  if (prctl(PR_SET_KEEPCAPS, 0, 0, 0, 0) != 0) return errno_error(doing);
  return {};
}

// The inheritable set becomes empty, and with it the ambient set, which is a part of it.
Result<void> keep_only(const std::vector<cap_value_t> &needed) {
  const Capabilities before(cap_get_proc(), cap_free);
  const Capabilities after(cap_init(), cap_free);
  if (!before || !after) return errno_error("giving up capabilities");
  for (const cap_value_t one : needed) {
    if (!includes(before, one, CAP_PERMITTED)) continue;
    for (const cap_flag_t set : {CAP_PERMITTED, CAP_EFFECTIVE}) cap_set_flag(after.get(), set, 1, &one, CAP_SET);
  }
  if (cap_set_proc(after.get()) != 0) return errno_error("giving up capabilities");
  return {};
}

}  // namespace

bool has_capability(cap_value_t capability) {
  return includes(Capabilities(cap_get_proc(), cap_free), capability, CAP_EFFECTIVE);
}

Result<void> drop_privileges(const RetainedCapabilities &needed) {
  // The order matters: each step removes privileges that the step before needs.
  if (auto prevented = prevent_regain(); !prevented) return prevented;
  if (auto became = become_the_caller(); !became) return became;
  return keep_only(capabilities_for(needed));
}

}  // namespace rusage_bpf
