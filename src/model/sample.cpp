#include "model/sample.h"

#include <cstdint>
#include <iterator>
#include <unordered_map>
#include <utility>
#include <vector>

namespace rusage_bpf {
namespace {

template <typename T>
void append(std::vector<T> &list, std::vector<T> &&next) {
  list.insert(list.end(), std::make_move_iterator(next.begin()), std::make_move_iterator(next.end()));
}

// If both have an entry, the later one is kept.
template <typename Value>
void update(std::unordered_map<std::uint64_t, Value> &map, std::unordered_map<std::uint64_t, Value> &&next) {
  next.merge(map);
  map = std::move(next);
}

}  // namespace

void append(Sample &sample, Sample &&next) {
  sample.snapshot = next.snapshot;
  TaskEvents &events = sample.events;
  std::erase_if(events.tasks, [](const auto &event) { return event.kind == RUSAGE_LIVE; });
  append(events.tasks, std::move(next.events.tasks));
  append(events.execs, std::move(next.events.execs));
  update(events.found, std::move(next.events.found));
  update(events.unknown, std::move(next.events.unknown));
  update(events.children_cpu_ns, std::move(next.events.children_cpu_ns));
  events.new_tasks_reported = next.events.new_tasks_reported;
  events.new_tasks = next.events.new_tasks;
  events.monotonic_ns = next.events.monotonic_ns;
}

}  // namespace rusage_bpf
