#include "source/proc_gauges.h"

#include <fcntl.h>
#include <unistd.h>

#include "proc/files.h"
#include "proc/text.h"

namespace rusage_bpf {

void add_proc_gauges(std::span<const std::uint64_t> pids, Snapshot &snapshot) {
  static const auto page_bytes = static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
  const Fd all(open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC));
  proc::Reader reader;
  for (const std::uint64_t pid : pids) {
    const Fd process = proc::open_process(all.get(), static_cast<pid_t>(pid));
    if (!process) continue;
    const auto tid = proc::live_thread_without_main(process.get(), reader);
    const auto path = [&](const char *name) { return tid ? proc::Path("task/", *tid, name) : proc::Path(name + 1); };
    const auto text = reader.file(process.get(), path("/statm").c_str());
    if (const auto statm = text ? proc::parse_statm(*text) : std::nullopt) {
      snapshot.value[RUSAGE_vms] += statm->virtual_pages * page_bytes;
      snapshot.value[RUSAGE_rss] += statm->resident_pages * page_bytes;
    }
    snapshot.value[RUSAGE_num_fds] += proc::count_descriptors(process.get(), path("/fd").c_str()).value_or(0);
  }
}

}  // namespace rusage_bpf
