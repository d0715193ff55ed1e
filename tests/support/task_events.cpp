#include "support/task_events.h"

#include <utility>

namespace rusage_bpf {
namespace {

constexpr std::uint64_t start_ns = 1000 * ms;

}  // namespace

std::shared_ptr<const Image> image(const std::string &command) {
  return std::make_shared<const Image>(Image{command, {command, "-x"}});
}

rusage_task_event task_event(rusage_task_event_kind kind, std::uint64_t record, unsigned flags) {
  rusage_task_event event{};
  event.kind = kind;
  event.span = record;
  event.flags = flags;
  return event;
}

rusage_task_event fork_event(std::uint64_t record, std::uint64_t parent_record, int pid) {
  rusage_task_event event = task_event(RUSAGE_NEW, record, RUSAGE_PROCESS);
  event.parent_span = parent_record;
  event.pid = static_cast<std::uint32_t>(pid);
  event.parent_pid = static_cast<std::uint32_t>(pid - 1);
  event.start_ns = start_ns + record * ms;
  return event;
}

rusage_task_event exit_event(std::uint64_t record, int status, std::uint64_t peak_rss) {
  rusage_task_event event = task_event(RUSAGE_GONE, record, RUSAGE_PROCESS | RUSAGE_STATUS);
  event.process_span = record;
  event.status = static_cast<std::uint64_t>(status);
  event.end_ns = start_ns + 50 * ms;
  event.peak_rss = peak_rss;
  return event;
}

rusage_task_event used(rusage_task_event event, std::uint64_t run_ns, std::uint64_t reads) {
  event.reading.cpu.run = run_ns;
  event.reading.read_count = reads;
  return event;
}

Exec exec(std::uint64_t old_record, std::uint64_t new_record, const std::string &command, std::uint64_t run_ns,
          std::uint64_t reads) {
  Exec exec{.record = {}, .image = image(command)};
  exec.record.old_span = old_record;
  exec.record.new_span = new_record;
  exec.record.time_ns = start_ns + 20 * ms;
  exec.record.reading.cpu.run = run_ns;
  exec.record.reading.read_count = reads;
  return exec;
}

TaskEvents events(std::vector<rusage_task_event> tasks, std::vector<Exec> execs) {
  TaskEvents events;
  events.tasks = std::move(tasks);
  events.execs = std::move(execs);
  events.monotonic_ns = start_ns + 99 * ms;
  return events;
}

}  // namespace rusage_bpf
