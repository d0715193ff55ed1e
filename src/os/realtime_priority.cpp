#include "os/realtime_priority.h"

#include <sched.h>
#include <sys/resource.h>

namespace rusage_bpf {

RealtimePriority RealtimePriority::request() {
  rlimit time{};
  const bool is_limited = getrlimit(RLIMIT_RTTIME, &time) != 0 || time.rlim_cur != RLIM_INFINITY;
  if (is_limited || sched_getscheduler(0) != SCHED_OTHER) return RealtimePriority(false);
  const sched_param lowest{.sched_priority = sched_get_priority_min(SCHED_FIFO)};
  return RealtimePriority(sched_setscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK, &lowest) == 0);
}

RealtimePriority::~RealtimePriority() {
  if (!held_) return;
  const sched_param none{};
  sched_setscheduler(0, SCHED_OTHER | SCHED_RESET_ON_FORK, &none);
}

}  // namespace rusage_bpf
