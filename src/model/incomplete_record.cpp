#include "model/incomplete_record.h"

#include <algorithm>

#include "model/reading.h"

namespace rusage_bpf {
namespace {

void add_reading(Usage &sum, const rusage_reading &reading, std::uint64_t times) {
  sum.cpu.run += times * reading.cpu.run;
  sum.cpu.user_ticks += times * reading.cpu.user_ticks;
  sum.cpu.system_ticks += times * reading.cpu.system_ticks;
#define RUSAGE_ADD(name, unit, field, ...) sum.value[RUSAGE_##name] += times * reading.name;
  RUSAGE_COLUMNS(RUSAGE_NOTHING, RUSAGE_NOTHING, RUSAGE_ADD, RUSAGE_NOTHING, RUSAGE_NOTHING)
#undef RUSAGE_ADD
}

}  // namespace

void Usage::add(const rusage_reading &reading) {
  add_reading(*this, reading, 1);
}

void Usage::subtract(const rusage_reading &reading) {
  add_reading(*this, reading, ~std::uint64_t{0});
}

Process IncompleteRecord::complete(std::uint64_t recording_start_ns) const {
  static const auto unknown_image = std::make_shared<const Image>();
  Process process;
  process.pid = pid;
  process.ppid = ppid;
  process.image = program.image ? program.image : unknown_image;
  const auto since_start = [&](std::uint64_t ns) { return static_cast<std::int64_t>(ns - recording_start_ns); };
  process.start_ns = since_start(start_ns);
  if (end_ns != 0) process.end_ns = since_start(end_ns);
  process.exit = exit;
  process.forked_only = forked && ended_by_exec;
  process.value = usage.value;
  for (std::uint64_t &value : process.value) value = at_least_zero(value);
  process.value[RUSAGE_user] = user_part(usage.cpu);
  process.value[RUSAGE_system] = at_least_zero(usage.cpu.run) - process.value[RUSAGE_user];
  for (std::size_t i = 0; i < column_count; i++) process.known[i] = columns[i].is_counter() && !unknown[i];
  process.peak_rss = peak_rss;
  process.peak_rss_predates = peak_rss && *peak_rss <= unrecorded_peak;
  process.children_cpu_ns = children_cpu_ns - std::min(children_cpu_ns, earlier_children_cpu_ns);
  process.account = account;
  return process;
}

}  // namespace rusage_bpf
