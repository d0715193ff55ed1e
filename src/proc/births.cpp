#include "proc/births.h"

#include <sys/stat.h>

#include <algorithm>

#include "os/clock.h"
#include "proc/text.h"

namespace rusage_bpf::proc {
namespace {

// Where numbers begin again: RESERVED_PIDS of the kernel's pid allocator (kernel/pid.c).
constexpr std::uint64_t lowest_again = 300;

std::optional<std::uint64_t> newest_pid(int proc, Reader &reader) {
  const auto text = reader.file(proc, "loadavg");
  return text ? parse_newest_pid(*text) : std::nullopt;
}

bool is_the_kernels(int proc) {
  struct stat all {};
  struct stat loadavg {};
  return fstat(proc, &all) == 0 && fstatat(proc, "loadavg", &loadavg, 0) == 0 && all.st_dev == loadavg.st_dev;
}

}  // namespace

void Births::begin(int proc, Reader &reader, std::uint64_t now_ns) {
  last_ns_ = now_ns;
  const auto greatest = reader.file(proc, "sys/kernel/pid_max");
  greatest_ = greatest ? parse_number(*greatest).value_or(0) : 0;
  newest_ = greatest_ > lowest_again && is_the_kernels(proc) ? newest_pid(proc, reader) : std::nullopt;
}

void Births::look(int proc, Reader &reader, std::uint64_t now_ns) {
  if (!newest_) return;
  const auto newest = newest_pid(proc, reader);
  if (!newest || *newest == *newest_) return;
  const bool began_again = *newest < *newest_;
  count_ += began_again ? greatest_ - std::min(greatest_, *newest_) + (*newest - std::min(*newest, lowest_again))
                        : *newest - *newest_;
  newest_ = newest;
  last_ns_ = now_ns;
}

bool Births::none_of_late(std::uint64_t now_ns) const {
  return newest_ && now_ns - last_ns_ > ns_per_s;
}

}  // namespace rusage_bpf::proc
