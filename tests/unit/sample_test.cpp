#include "model/sample.h"

#include <catch2/catch.hpp>

namespace rusage_bpf::sample_test {
namespace {

rusage_task_event event(rusage_task_event_kind kind, std::uint64_t record) {
  rusage_task_event event{};
  event.kind = kind;
  event.span = record;
  return event;
}

TEST_CASE("two samples made into one have the later snapshot, and each event once") {
  Sample sample;
  sample.snapshot.value[RUSAGE_forks] = 1;
  sample.events.tasks = {event(RUSAGE_NEW, 1), event(RUSAGE_LIVE, 1), event(RUSAGE_LIVE, 2)};
  sample.events.execs.resize(1);
  sample.events.unknown[1].set(RUSAGE_rss);
  sample.events.unknown[2].set(RUSAGE_vms);
  sample.events.new_tasks = 2;
  Sample next;
  next.snapshot.value[RUSAGE_forks] = 5;
  next.events.tasks = {event(RUSAGE_GONE, 2), event(RUSAGE_LIVE, 1)};
  next.events.execs.resize(2);
  next.events.unknown[1] = {};
  next.events.new_tasks = 3;
  append(sample, std::move(next));

  CHECK(sample.snapshot.value[RUSAGE_forks] == 5);
  REQUIRE(sample.events.tasks.size() == 3);
  CHECK(sample.events.tasks[0].kind == RUSAGE_NEW);
  CHECK(sample.events.tasks[1].kind == RUSAGE_GONE);
  CHECK(sample.events.tasks[2].kind == RUSAGE_LIVE);
  CHECK(sample.events.execs.size() == 3);
  CHECK(sample.events.unknown.at(1).none());
  CHECK(sample.events.unknown.at(2).test(RUSAGE_vms));
  CHECK(sample.events.new_tasks == 3);
}

}  // namespace
}  // namespace rusage_bpf::sample_test
