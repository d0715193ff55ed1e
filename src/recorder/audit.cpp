#include "recorder/audit.h"

#include <fcntl.h>
#include <sys/resource.h>

#include <algorithm>

#include "os/clock.h"
#include "os/fd.h"
#include "proc/files.h"
#include "proc/text.h"

namespace rusage_bpf {
namespace {

// The kernel's maximum for wait4 goes on through fork and exec: it may be that of the program that started the
// recorder.
std::optional<std::uint64_t> own_peak_rss() {
  const Fd directory(open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC));
  proc::Reader reader;
  const auto text = reader.file(directory.get(), "self/status");
  const auto status = text ? proc::parse_status(*text) : std::nullopt;
  return status && status->peak_rss_bytes > 0 ? std::optional(status->peak_rss_bytes) : std::nullopt;
}

}  // namespace

Audit audit(const KernelTotal &kernel, const Losses &losses, const MissedEvents &missed, std::uint64_t clock_cpu_ns) {
  rusage own{};
  getrusage(RUSAGE_SELF, &own);
  return {.kernel = kernel,
          .losses = losses,
          .events_lost = missed.events_lost,
          .unseen_tasks = missed.tasks,
          .unlisted_tasks = missed.unlisted_tasks,
          .unreadable_processes = missed.unreadable_processes,
          .untraceable_tasks = missed.untraceable_tasks,
          .recorder_cpu_ns = to_ns(own.ru_utime) + to_ns(own.ru_stime) + clock_cpu_ns,
          .clock_cpu_ns = clock_cpu_ns,
          .recorder_peak_rss_bytes = own_peak_rss()};
}

std::optional<std::uint64_t> rss_at_least(const Totals &totals, const std::vector<Command> &commands,
                                          const Audit &audit) {
  const auto known = peak_rss_at_least(totals, commands);
  const std::uint64_t by_kernel = audit.kernel.peak_rss_bytes;
  if (by_kernel <= audit.recorder_peak_rss_bytes.value_or(UINT64_MAX)) return known;
  return std::max<std::optional<std::uint64_t>>(known, by_kernel);
}

}  // namespace rusage_bpf
