#include "os/descriptor_limit.h"

#include <sys/resource.h>

namespace rusage_bpf {

std::uint64_t descriptor_limit() {
  rlimit limit{};
  return getrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_cur : 0;
}

bool raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= limit.rlim_max) return false;
  limit.rlim_cur = limit.rlim_max;
  return setrlimit(RLIMIT_NOFILE, &limit) == 0;
}

void ensure_descriptors() {
  constexpr std::uint64_t enough = 1024;
  if (descriptor_limit() < enough) raise_descriptor_limit();
}

}  // namespace rusage_bpf
