// The BPF source without a recorder, at the limits of what it can track.
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "source/bpf_source.h"
#include "support/process.h"
#include "target/launch.h"

namespace {

using rusage_bpf::BpfOptions;
using rusage_bpf::BpfSource;
using rusage_bpf::Launch;
using rusage_bpf::Snapshot;
namespace selected = rusage_bpf::selected;

// Runs a workload to its end under a source of its own, looking all the time; gives the last look
// and the truth.
struct Watched {
  Snapshot last;
  nlohmann::json truth;
};

Watched watch(const std::vector<std::string> &workload, const BpfOptions &options, bool only_at_the_end = false) {
  const test::TemporaryDirectory directory;
  std::vector<std::string> argv{test::built("tests/programs/" + workload.front()), directory.file("truth")};
  argv.insert(argv.end(), workload.begin() + 1, workload.end());
  auto command = Launch::start(argv);
  REQUIRE(command);
  auto source = BpfSource::open(command->selection(), options);
  REQUIRE(source);
  REQUIRE((*source)->track());
  REQUIRE(command->release());
  Snapshot last;
  for (bool over = false; !over || last.value[RUSAGE_pid_count] > 0;) {
    if (!over) {
      const auto reaped = command->reap();
      REQUIRE(reaped);
      over = reaped->has_value();
    }
    usleep(1000);
    if (only_at_the_end && !over) continue;
    const auto sample = (*source)->sample();
    REQUIRE(sample);
    last = sample->snapshot;
  }
  CHECK((*source)->missed_events().events_lost == 0);
  return {last, test::read_json(directory.file("truth"))};
}

void check_capacity(bool hold_tasks) {
  constexpr std::uint32_t capacity = 10;
  const auto [last, truth] = watch({"still", "20", "5"}, {.capacity = capacity, .hold_tasks = hold_tasks});
  // All stood at once: 26 tasks, of which 10 found a slot; the 20 processes come before the 5
  // threads.
  CHECK(last.untracked_tasks == 26 - capacity);
  CHECK(last.value[RUSAGE_forks] == capacity - 1);
  CHECK(last.value[RUSAGE_exits] == capacity);
  CHECK(last.value[RUSAGE_thread_count] == 0);
}

}  // namespace

TEST_CASE("exited tasks are held if the kernel allows it") {
  for (const rusage_bpf::Selection &selection :
       {rusage_bpf::Selection(selected::Command{}), rusage_bpf::Selection(selected::Cgroup{})}) {
    const auto source = BpfSource::open(selection);
    REQUIRE(source);
    CHECK((*source)->holds_tasks() == test::tasks_can_be_held());
  }
}

TEST_CASE("tasks over the capacity are counted as untracked, and the others are tracked") {
  SECTION("held") {
    check_capacity(true);
  }
  SECTION("counted at their last switch") {
    check_capacity(false);
  }
}

TEST_CASE("slots are used again, and every new task is either tracked or counted as untracked") {
  const std::string forks = test::clock_is_emulated() ? "400" : "4000";
  for (const bool hold_tasks : {true, false}) {
    const auto [last, truth] = watch({"storm", forks}, {.capacity = 64, .hold_tasks = hold_tasks});
    CHECK(last.value[RUSAGE_forks] + last.untracked_tasks == truth["forks"].get<std::uint64_t>());
    CHECK(last.value[RUSAGE_forks] > 64);
    CHECK(last.value[RUSAGE_exits] == last.value[RUSAGE_forks] + 1);
  }
}

TEST_CASE("exited tasks are released, with all their usage, even if the next tick is late") {
  const std::string forks = test::clock_is_emulated() ? "1000" : "4000";
  for (const bool hold_tasks : {true, false}) {
    CAPTURE(hold_tasks);
    const auto [last, truth] = watch({"storm", forks}, {.capacity = 512, .hold_tasks = hold_tasks}, true);
    CHECK(last.untracked_tasks == 0);
    CHECK(last.value[RUSAGE_forks] == truth["forks"].get<std::uint64_t>());
    CHECK(last.value[RUSAGE_exits] == last.value[RUSAGE_forks] + 1);
  }
}

TEST_CASE("a process that is gone cannot be tracked") {
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) _exit(0);
  REQUIRE(waitpid(child, nullptr, 0) == child);
  auto source = BpfSource::open(selected::Command{.pid = child});
  REQUIRE(source);
  CHECK_FALSE((*source)->track());
}
