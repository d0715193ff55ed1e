// The calling user: the one who became root to run us, or else our own user.
#pragma once

#include <sys/types.h>

#include <vector>

namespace rusage_bpf {

struct Caller {
  uid_t uid;
  gid_t gid;
};

// Where we are root, the user who called sudo, doas, pkexec or su. What says so are hints: variables that the first
// three set, and the su process above us. So they are only ever taken to give privileges up, never to be root, and what
// is malformed or names a user that there cannot be says nothing.
Caller caller();

// While it lives, files are opened, created, renamed and removed with the caller's privileges.
class AsCaller {
 public:
  AsCaller();
  ~AsCaller();
  AsCaller(const AsCaller &) = delete;
  AsCaller &operator=(const AsCaller &) = delete;

 private:
  bool changed_ = false;
  std::vector<gid_t> groups_;  // ours, to be put back
};

// Whose privileges over files the calling thread has now.
uid_t acting_uid();

}  // namespace rusage_bpf
