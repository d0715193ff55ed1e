#include "proc/new_task_counter.h"

#include <sys/stat.h>

#include <algorithm>

#include "os/clock.h"
#include "proc/text.h"

namespace rusage_bpf::proc {
namespace {

// After the greatest pid, the kernel starts again here: RESERVED_PIDS in kernel/pid.c.
constexpr std::uint64_t restart_pid = 300;

std::optional<std::uint64_t> newest_pid(int proc, Reader &reader) {
  const auto text = reader.file(proc, "loadavg");
  return text ? parse_newest_pid(*text) : std::nullopt;
}

bool has_kernels_loadavg(int proc) {
  struct stat directory {};
  struct stat loadavg {};
  return fstat(proc, &directory) == 0 && fstatat(proc, "loadavg", &loadavg, 0) == 0 &&
         directory.st_dev == loadavg.st_dev;
}

}  // namespace

void NewTaskCounter::start(int proc, Reader &reader, std::uint64_t now_ns) {
  last_change_ns_ = now_ns;
  const auto max_pid = reader.file(proc, "sys/kernel/pid_max");
  max_pid_ = max_pid ? parse_number(*max_pid).value_or(0) : 0;
  newest_ = max_pid_ > restart_pid && has_kernels_loadavg(proc) ? newest_pid(proc, reader) : std::nullopt;
}

void NewTaskCounter::update(int proc, Reader &reader, std::uint64_t now_ns) {
  if (!newest_) return;
  const auto newest = newest_pid(proc, reader);
  if (!newest || *newest == *newest_) return;
  const bool restarted = *newest < *newest_;
  count_ += restarted ? max_pid_ - std::min(max_pid_, *newest_) + (*newest - std::min(*newest, restart_pid))
                      : *newest - *newest_;
  newest_ = newest;
  last_change_ns_ = now_ns;
}

bool NewTaskCounter::none_recently(std::uint64_t now_ns) const {
  return newest_ && now_ns - last_change_ns_ > ns_per_s;
}

}  // namespace rusage_bpf::proc
