#include "probe/kernel.h"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace rusage_bpf {
namespace {

bool exists(const std::string &path) {
  std::error_code unreadable;
  return std::filesystem::exists(path, unreadable);
}

// Empty if it cannot be read.
std::string first_line(const std::string &path) {
  std::string line;
  std::getline(std::ifstream(path), line);
  return line;
}

std::vector<Remedy> another_kernel(const char *option) {
  return {{"", fmt::format("nothing would help here; a kernel built with {}=y is needed", option)}};
}

struct Counter {
  const char *name;
  const char *file;  // of a process, in /proc
  const char *counts;
  const char *option;  // of the kernel's build
};

Check counter_check(const Roots &roots, const Counter &counter, Check::State without) {
  const std::string self = roots.proc + "/self/";
  if (exists(self + counter.file)) return {counter.name, fmt::format("/proc/PID/{}", counter.file)};
  if (!exists(self + "stat")) return {counter.name, "unknown, as /proc is not mounted", Check::State::unknown};
  return {counter.name, fmt::format("this kernel does not count {}", counter.counts), without,
          another_kernel(counter.option)};
}

}  // namespace

Check types_check(const Roots &roots) {
  constexpr auto name = "kernel types (BTF)";
  const std::string file = "/kernel/btf/vmlinux";
  if (exists(roots.sys + file)) return {name, "/sys" + file};
  if (!exists(roots.sys + "/kernel"))
    return {name, "unknown, as /sys is not mounted", Check::State::unknown, {{"sudo mount -t sysfs sysfs /sys", ""}}};
  return {name, "this kernel does not describe its types", Check::State::stops,
          another_kernel("CONFIG_DEBUG_INFO_BTF")};
}

Check lockdown_check(const Roots &roots, Answer reads_kernel) {
  constexpr auto name = "lockdown";
  // For example "none [integrity] confidentiality".
  const std::string line = first_line(roots.sys + "/kernel/security/lockdown");
  const std::size_t begin = line.find('[') + 1;
  const bool seen = begin > 0;
  const std::string mode = seen ? line.substr(begin, line.find(']') - begin) : "mode unknown";
  if (reads_kernel == Answer::no || (reads_kernel == Answer::unknown && mode == "confidentiality"))
    return {name,
            fmt::format("lockdown ({}) keeps BPF from reading the kernel's memory", mode),
            Check::State::stops,
            {{"",
              "nothing would help until the machine is booted without "
              "lockdown=confidentiality on the kernel's command line"}}};
  if (reads_kernel == Answer::yes) return {name, mode + "; BPF may read the kernel's memory"};
  return {name, mode, seen ? Check::State::works : Check::State::unknown};
}

// The setting is about processes without capabilities, which may not record anyway.
Check unprivileged_check(const Roots &roots) {
  constexpr auto name = "unprivileged_bpf_disabled";
  const std::string value = first_line(roots.proc + "/sys/kernel/unprivileged_bpf_disabled");
  if (value.empty()) return {name, "unknown", Check::State::unknown};
  return {name, value + "; recording needs the capabilities anyway"};
}

Check io_accounting_check(const Roots &roots, Check::State without) {
  return counter_check(roots, {"I/O counters", "io", "the I/O of processes", "CONFIG_TASK_IO_ACCOUNTING"}, without);
}

Check schedstat_check(const Roots &roots, Check::State without) {
  return counter_check(roots, {"run_delay", "schedstat", "how long tasks wait for a CPU", "CONFIG_SCHED_INFO"},
                       without);
}

}  // namespace rusage_bpf
