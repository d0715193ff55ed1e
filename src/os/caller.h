// The user who asked: the one who called sudo, or else whoever runs us.
#pragma once

#include <sys/types.h>

#include <vector>

namespace rusage_bpf {

struct Caller {
  uid_t uid;
  gid_t gid;
};

Caller caller();

// While it lives, files are opened, created, renamed and removed with the caller's rights.
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

}  // namespace rusage_bpf
