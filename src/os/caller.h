// The calling user: the one that became root with sudo or a similar program, or else the process's own user.
#pragma once

#include <sys/types.h>

#include <vector>

namespace rusage_bpf {

struct Caller {
  uid_t uid;
  gid_t gid;
};

// If the process is root: the user that called sudo, doas, pkexec or su. It is found by variables of the first three,
// or by the su process among the ancestors. These are only hints, so they are used only to give up privileges, and
// ignored if they are malformed or name an impossible user.
Caller caller();

// During its lifetime, files are opened, created, renamed and removed with the caller's privileges.
class AsCaller {
 public:
  AsCaller();
  ~AsCaller();
  AsCaller(const AsCaller &) = delete;
  AsCaller &operator=(const AsCaller &) = delete;

 private:
  bool changed_ = false;
  std::vector<gid_t> groups_;  // to be restored
};

// The user whose file privileges the calling thread has now.
uid_t acting_uid();

}  // namespace rusage_bpf
