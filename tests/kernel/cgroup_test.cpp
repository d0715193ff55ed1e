// Recording a cgroup: a process counts from when it joins the cgroup until it leaves.
#include <fcntl.h>
#include <linux/sched.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>
#include <csignal>
#include <ctime>
#include <thread>

#include "os/clock.h"
#include "support/cgroup.h"
#include "support/cgroup_recording.h"
#include "support/document.h"
#include "support/scene.h"
#include "support/users.h"

namespace {

using Catch::Matchers::Contains;
using test::Background;
using test::CgroupRecording;
using test::Document;
using test::in_child;
using test::Scene;
using test::Shared;
using test::TemporaryCgroup;
using test::wait_until;

constexpr std::int64_t ns_per_s = 1'000'000'000;

std::int64_t own_cpu_ns() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return time.tv_sec * ns_per_s + time.tv_nsec;
}

std::int64_t reaped_cpu_ns() {
  rusage usage{};
  getrusage(RUSAGE_CHILDREN, &usage);
  return static_cast<std::int64_t>(rusage_bpf::to_ns(usage.ru_utime) + rusage_bpf::to_ns(usage.ru_stime));
}

void spin(std::int64_t ns) {
  for (const std::int64_t end = own_cpu_ns() + ns; own_cpu_ns() < end;) continue;
}

void write_to_nowhere(int times, std::size_t bytes) {
  static const std::array<char, 4096> nothing{};
  const int file = open("/dev/null", O_WRONLY | O_CLOEXEC);
  for (int i = 0; i < times; i++)
    if (write(file, nothing.data(), bytes) < 0) _exit(1);
  close(file);
}

}  // namespace

TEST_CASE("a process that moves in and out counts only while it is in the cgroup") {
  const auto options = GENERATE(std::vector<std::string>{}, std::vector<std::string>{"--count-at-last-switch"});
  const TemporaryCgroup cgroup;
  CgroupRecording recording(cgroup.path(), options);
  constexpr std::int64_t spin_ns = 300'000'000;
  struct Cpu {
    std::int64_t outside_before, inside_first, inside_last, outside_after, children;
  };
  const Shared<Cpu> cpu_ns;
  in_child([&] {
    spin(spin_ns);
    write_to_nowhere(1000, 4096);
    cpu_ns->outside_before = own_cpu_ns();
    if (!test::move_to_cgroup(cgroup.path())) return false;
    cpu_ns->inside_first = own_cpu_ns();
    spin(spin_ns);
    write_to_nowhere(100, 10);
    for (int i = 0; i < 5; i++) {
      const pid_t child = fork();
      if (child == 0) {
        write_to_nowhere(10, 1);
        _exit(0);
      }
      if (waitpid(child, nullptr, 0) != child) return false;
    }
    cpu_ns->children = reaped_cpu_ns();
    cpu_ns->inside_last = own_cpu_ns();
    if (!test::move_to_cgroup(test::cgroup_mount())) return false;
    cpu_ns->outside_after = own_cpu_ns();
    write_to_nowhere(1000, 4096);
    spin(spin_ns);
    return true;
  });
  const Document document = recording.end();
  // The write that moves it in ends inside, and the one that moves it out, outside.
  CHECK(document.sum("write_count") == 1 + 100 + 5 * 10);
  CHECK(document.sum("write_bytes") == 1 + 100 * 10 + 5 * 10);
  CHECK(document.sum("forks") == 5);
  CHECK(document.sum("exits") == 5);
  CHECK(document.rows().back()["pid_count"] == 0);
  // Where it moved, its run time may be a scheduler tick old, and more where a clock is emulated.
  const std::int64_t run_ns = document.sum_ns("user") + document.sum_ns("system");
  CHECK(run_ns > cpu_ns->inside_last - cpu_ns->inside_first + cpu_ns->children - spin_ns / 2);
  CHECK(run_ns < cpu_ns->outside_after - cpu_ns->outside_before + cpu_ns->children + spin_ns / 2);
}

TEST_CASE("a process that is in the cgroup already counts from now on") {
  const TemporaryCgroup cgroup;
  const Scene scene("read line <go; exec >>/dev/null; echo 12345");
  const test::Gate gate(scene.path("go"));
  test::Start start{.argv = {"sh", "script"}, .directory = scene.path()};
  start.prepare = [&] {
    write_to_nowhere(1000, 4096);
    if (!test::move_to_cgroup(cgroup.path())) _exit(1);
  };
  Background process(start);
  wait_until("the script", [&] { return test::process_state(process.pid()).state == 'S'; });
  CgroupRecording recording(cgroup.path());
  gate.open();
  CHECK(process.wait().exit_code == 0);
  const Document document = recording.end();
  CHECK(document.rows().front()["pid_count"] == 1);
  CHECK(document.rows().front()["write_bytes"].is_null());
  CHECK(document.sum("write_bytes") == 6);
  CHECK(document.sum("forks") == 0);
  CHECK(document.sum("exits") == 1);
}

TEST_CASE("a process that is forked into the cgroup from outside counts from its fork") {
  const TemporaryCgroup cgroup;
  CgroupRecording recording(cgroup.path());
  in_child([&] {
    const int directory = open(cgroup.path().c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
    clone_args arguments{};
    arguments.flags = CLONE_INTO_CGROUP;
    arguments.exit_signal = SIGCHLD;
    arguments.cgroup = static_cast<std::uint64_t>(directory);
    const auto child = static_cast<pid_t>(syscall(SYS_clone3, &arguments, sizeof(arguments)));
    if (child == 0) {
      write_to_nowhere(7, 3);
      _exit(0);
    }
    write_to_nowhere(1000, 1);
    return child > 0 && waitpid(child, nullptr, 0) == child;
  });
  const Document document = recording.end();
  CHECK(document.sum("forks") == 1);
  CHECK(document.sum("exits") == 1);
  CHECK(document.sum("write_bytes") == 7 * 3);
}

TEST_CASE("cgroups below count, and the recorder in the cgroup that it records does not") {
  const TemporaryCgroup cgroup;
  const TemporaryCgroup below(cgroup.path());
  const TemporaryCgroup beside;
  CgroupRecording recording(cgroup.path(), {}, cgroup.path());
  for (const auto &[path, bytes] : {std::pair(below.path(), 5), {beside.path(), 500}})
    in_child([&, &path = path, bytes = static_cast<std::size_t>(bytes)] {
      if (!test::move_to_cgroup(path)) return false;
      write_to_nowhere(1, bytes);
      return true;
    });
  const Document document = recording.end();
  CHECK(document.sum("write_bytes") == 1 + 5);
  CHECK(document.sum("exits") == 1);
  CHECK(document.json()["totals"]["pid_count"]["peak"] <= 1);
}

TEST_CASE("a process with several threads joins and leaves as a whole") {
  const TemporaryCgroup cgroup;
  CgroupRecording recording(cgroup.path());
  constexpr timespec a_while{.tv_sec = 0, .tv_nsec = 300'000'000};
  in_child([&] {
    for (int i = 0; i < 2; i++) std::thread([] { pause(); }).detach();
    if (!test::move_to_cgroup(cgroup.path())) return false;
    nanosleep(&a_while, nullptr);
    if (!test::move_to_cgroup(test::cgroup_mount())) return false;
    nanosleep(&a_while, nullptr);
    return true;
  });
  const Document document = recording.end();
  CHECK(document.json()["totals"]["thread_count"]["peak"] == 3);
  CHECK(document.json()["totals"]["pid_count"]["peak"] == 1);
  CHECK(document.rows().back()["thread_count"] == 0);
  CHECK(document.sum("forks") == 0);
  CHECK(document.sum("exits") == 0);
}

TEST_CASE("a process that comes back and is a zombie at the sample is still the same") {
  const TemporaryCgroup cgroup;
  CgroupRecording recording(cgroup.path());
  constexpr timespec a_few_rows{.tv_sec = 0, .tv_nsec = 50'000'000};
  const pid_t child = fork();
  if (child == 0) {
    const bool there = test::move_to_cgroup(cgroup.path());
    nanosleep(&a_few_rows, nullptr);
    const bool away = test::move_to_cgroup(test::cgroup_mount());
    nanosleep(&a_few_rows, nullptr);
    _exit(there && away && test::move_to_cgroup(cgroup.path()) ? 0 : 1);
  }
  siginfo_t ended{};
  REQUIRE(waitid(P_PID, static_cast<id_t>(child), &ended, WEXITED | WNOWAIT) == 0);
  nanosleep(&a_few_rows, nullptr);
  REQUIRE(waitpid(child, nullptr, 0) == child);
  CHECK(ended.si_status == 0);
  const Document document = recording.end();
  CHECK(document.json()["processes"].size() == 1);
  CHECK(document.sum("exits") == 1);
}

TEST_CASE("two recorders of cgroups between which a process moves have its whole usage", "[host]") {
  const std::string moves_a_second = GENERATE("10", "600");
  CAPTURE(moves_a_second);
  const std::array<TemporaryCgroup, 2> cgroups;
  const test::TemporaryDirectory directory;
  const std::string truth_file = directory.file("truth");
  std::array<std::int64_t, 2> run_ns{};
  {
    std::array<CgroupRecording, 2> recordings{CgroupRecording(cgroups[0].path()), CgroupRecording(cgroups[1].path())};
    const auto finished = test::run(
        {test::built("tests/programs/moves"), truth_file, moves_a_second, cgroups[0].path(), cgroups[1].path()});
    REQUIRE(finished.exit_code == 0);
    for (std::size_t i = 0; i < 2; i++) {
      const Document document = recordings[i].end();
      run_ns[i] = document.sum_ns("user") + document.sum_ns("system");
      CHECK(document.json()["totals"]["pid_count"]["peak"] == 1);
      CHECK(document.json()["totals"]["thread_count"]["peak"] == 4);
      CHECK(document.json()["processes"].size() == 1);
      CHECK(document.json()["audit"]["untracked_tasks"] == 0);
      CHECK(document.sum("forks") == 0);
    }
  }
  const auto truth = test::read_json(truth_file);
  const auto first_ns = truth["used_ns"][0].get<std::int64_t>();
  const auto second_ns = truth["used_ns"][1].get<std::int64_t>();
  // The two read the counters one after the other, and the process reads its own some way after.
  const std::int64_t tolerance_ns = 10'000'000 + truth["moves"].get<std::int64_t>() * 20'000;
  CHECK(std::abs(run_ns[0] + run_ns[1] - first_ns - second_ns) < tolerance_ns);
  // Where a move was slow, the process may have used more in one of them than it knows.
  CHECK(std::abs(run_ns[0] - first_ns) < first_ns / 5);
  CHECK(std::abs(run_ns[1] - second_ns) < second_ns / 5);
}

TEST_CASE("the removal of the cgroup ends its recording") {
  TemporaryCgroup cgroup;
  CgroupRecording recording(cgroup.path());
  cgroup.remove();
  CHECK(recording.ended().json()["meta"]["ended_by"] == "cgroup");
}

TEST_CASE("a user may record a cgroup by BPF only if every process in it is the user's") {
  const TemporaryCgroup cgroup;
  const TemporaryCgroup below(cgroup.path());
  test::Start process{.argv = {"sleep", "60"}};
  process.prepare = [&] {
    if (!test::move_to_cgroup(below.path())) _exit(1);
  };
  const Background root_process(process);
  wait_until("the process", [&] { return !test::read_file(below.path() + "/cgroup.procs").empty(); });

  const Scene scene;
  test::give_to_nobody(scene.path());
  test::Start start = scene.recorder({"--backend", "bpf", "--cgroup", cgroup.path()});
  start.prepare = test::become_capable_nobody;
  const auto finished = test::run_to_end(start);
  CHECK(finished.exit_code == 1);
  test::check_line(finished.errors, {cgroup.path(), "not yours"});
}

TEST_CASE("a path that is no cgroup v2 is an error that names one") {
  const Scene scene;
  for (const std::string &path : {scene.path(), std::string("/nowhere")}) {
    const auto finished = test::run_to_end(scene.recorder({"--cgroup", path}));
    CHECK(finished.exit_code == 1);
    CHECK_THAT(finished.errors, Contains(path) && Contains(test::cgroup_mount()));
    CHECK(std::count(finished.errors.begin(), finished.errors.end(), '\n') == 1);
    CHECK_FALSE(scene.exists("rusage.json"));
  }
}
