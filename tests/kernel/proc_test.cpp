// Recording without privileges, by /proc, and what polling misses.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <vector>

#include "source/bpf_source.h"
#include "source/proc_source.h"
#include "support/attached.h"
#include "support/background.h"
#include "support/cgroup.h"
#include "support/document.h"
#include "support/mounts.h"
#include "support/refusal.h"
#include "support/scene.h"
#include "support/users.h"

namespace {

using namespace test;
using Catch::Matchers::Contains;

}  // namespace

TEST_CASE("Each column by BPF is between the values of two polls of /proc", "[host]") {
  const Scene scene;
  Background root(
      {.argv = {"sh", "-c", "dd if=/dev/zero of=/dev/null bs=1 & : >running; wait"}, .directory = scene.path()});
  wait_until("the tree", [&] { return scene.exists("running"); });
  const rusage_bpf::selected::Tree tree{.pid = root.pid(), .argv = {}, .excluded = {getpid()}};
  auto proc = rusage_bpf::ProcSource::open(tree);
  REQUIRE(proc);
  auto bpf = rusage_bpf::BpfSource::open(tree);
  REQUIRE(bpf);
  REQUIRE((*proc)->track());
  REQUIRE((*bpf)->track());
  // Its descriptors come and go until it is under way.
  wait_until("dd to be at its work", [&] {
    const auto sample = (*proc)->sample();
    return sample && sample->snapshot.value[RUSAGE_write_count] > 1000;
  });
  std::vector<pid_t> started;
  for (int round = 0; round < 10; round++) {
    usleep(5000);
    const auto before = (*proc)->sample();
    const auto exact = (*bpf)->sample();
    // The kernel's values of a running process are from its last scheduler tick.
    usleep(20'000);
    const auto after = (*proc)->sample();
    REQUIRE((before && exact && after));
    for (const auto &event : exact->events.tasks)
      if (event.kind == RUSAGE_NEW && event.pid != static_cast<unsigned>(root.pid()))
        started.push_back(static_cast<pid_t>(event.pid));
    const auto cpu = [](const auto &sample) {
      return sample->snapshot.value[RUSAGE_user] + sample->snapshot.value[RUSAGE_system];
    };
    CHECK(cpu(before) <= cpu(exact));
    CHECK(cpu(exact) <= cpu(after));
    for (std::size_t i = 0; i < rusage_bpf::column_count; i++) {
      const bool split = i == RUSAGE_user || i == RUSAGE_system;
      if (!before->snapshot.known[i] || split || i == RUSAGE_elapsed) continue;
      INFO(rusage_bpf::columns[i].name);
      CHECK(before->snapshot.value[i] <= exact->snapshot.value[i]);
      CHECK(exact->snapshot.value[i] <= after->snapshot.value[i]);
    }
  }
  for (const pid_t pid : started) kill(pid, SIGKILL);
  root.send(SIGKILL);
  root.wait();
}

TEST_CASE("A user without BPF privileges records by /proc, and one line and the file say so", "[host]") {
  const NobodysDirectory directory;
  const Finished finished = run_to_end(directory.recorder({"-o", "out.json", "--", "true"}));
  CHECK(finished.exit_code == 0);
  CHECK_THAT(finished.errors, Contains("polling /proc: forks, execs and exits are not counted") &&
                                  Contains("the reason: cannot record with BPF: "));
  const auto document = read_document(directory.scene()).json();
  CHECK(document["meta"]["backend"] == "proc");
  CHECK_THAT(document["meta"]["backend_reason"].get<std::string>(), Contains("cannot record with BPF"));
  CHECK(document["samples"].back()["forks"].is_null());
  for (const auto &column : document["columns"]) {
    INFO(column);
    const bool unknown = document["samples"].back()[column["name"].get<std::string>()].is_null();
    const bool time = column["kind"] == "time";
    CHECK(column["source"] == (time ? "clock" : unknown ? "none" : "proc"));
  }
}

TEST_CASE("Root records by BPF, and by /proc on request") {
  const Scene scene;
  CHECK(run_to_end(scene.recorder({"-q", "-o", "out.json", "--", "true"})).exit_code == 0);
  CHECK(read_document(scene).json()["meta"]["backend"] == "bpf");
  CHECK(read_document(scene).json()["meta"]["backend_reason"].is_null());
  CHECK(run_to_end(scene.recorder({"--backend", "proc", "-q", "-o", "out.json", "--", "true"})).exit_code == 0);
  CHECK(read_document(scene).json()["meta"]["backend"] == "proc");
}

TEST_CASE("/proc has everything of another user's process except I/O, which is null and not 0", "[host]") {
  Background roots({.argv = {"sleep", "60"}});
  const NobodysDirectory directory;
  const Start start =
      directory.recorder({"-q", "-i", ".01", "-d", ".1", "-o", "out.json", "--pid", std::to_string(roots.pid())});
  CHECK(run_to_end(start).exit_code == 0);
  const auto document = read_document(directory.scene()).json();
  const auto &last = document["samples"].back();
  for (const char *column :
       {"read_count", "write_count", "read_bytes", "write_bytes", "disk_read_bytes", "disk_write_bytes"}) {
    CHECK(last[column].is_null());
    CHECK(document["totals"][column].is_null());
    CHECK(document["processes"][0][column].is_null());
  }
  for (const char *column : {"user", "system", "minor_faults", "ctx_switches_voluntary"})
    CHECK(last[column].is_number());
  CHECK(last["rss"].get<std::int64_t>() > 0);
  CHECK(last["pid_count"] == 1);
  CHECK(document["audit"]["unreadable_processes"] == 1);
  roots.send(SIGKILL);
  roots.wait();
}

TEST_CASE("A program that runs as root does not make columns of its tree unknown", "[host]") {
  const bool hides = GENERATE(false, true);
  const NobodysDirectory directory;
  const Scene &scene = directory.scene();
  std::filesystem::copy_file("/bin/sleep", scene.path("roots"));
  REQUIRE(chmod(scene.path("roots").c_str(), S_ISUID | 0755) == 0);
  Start start = directory.recorder(
      {"-q", "-i", ".01", "-o", "out.json", "--", "sh", "-c", "./roots .2 & cat /dev/null; wait; true"});
  start.prepare = [hides] {
    if (hides && (!unshare_mounts() || mount("proc", "/proc", "proc", 0, "hidepid=2") != 0)) _exit(98);
    become_nobody();
  };
  CHECK(run_to_end(start).exit_code == 0);
  const auto document = read_document(scene).json();
  CHECK(document["audit"]["unreadable_processes"] == 1);
  CHECK(document["totals"]["read_count"].get<int>() > 0);
  CHECK(document["totals"]["pid_count"]["peak"].get<int>() >= (hides ? 1 : 2));
}

TEST_CASE("A process that /proc hides is refused in one line", "[host]") {
  Background roots({.argv = {"sleep", "60"}});
  const NobodysDirectory directory;
  Start start = directory.recorder({"-q", "-d", ".1", "--pid", std::to_string(roots.pid())});
  start.prepare = [] {
    if (!unshare_mounts() || mount("proc", "/proc", "proc", 0, "hidepid=2") != 0) _exit(98);
    become_nobody();
  };
  const Finished finished = run_to_end(start);
  CHECK(finished.exit_code == 1);
  check_line(finished.errors, {"--pid", std::to_string(roots.pid()), "hide", "sudo rusage-bpf"});
  roots.send(SIGKILL);
  roots.wait();
}

TEST_CASE("By /proc a tree is recorded to the end of its last orphan", "[host]") {
  const NobodysDirectory directory;
  const Document document =
      directory.record({"-i", ".01", "--until", "tree"}, {"sh", "-c", "(sh -c 'sleep .2; cat /dev/null' &) & exit 0"});
  const auto &json = document.json();
  CHECK(json["meta"]["ended_by"] == "tree");
  CHECK(json["meta"]["exit_code"] == 0);
  CHECK(json["samples"].back()["elapsed"].get<double>() >= .2);
  bool has_orphan = false;
  for (const auto &process : json["processes"]) has_orphan = has_orphan || process["command"] == "sleep";
  CHECK(has_orphan);
}

TEST_CASE("By /proc a process counts from when it joins the cgroup until it leaves", "[host]") {
  const TemporaryCgroup cgroup;
  const Scene scene;
  Background member({.argv = {"sh", "-c",
                              "i=0; while [ $i -lt 20000 ]; do i=$((i + 1)); done; "
                              ": >worked; while :; do read line <gate; done"},
                     .directory = scene.path()});
  const Gate gate(scene.path("gate"));
  wait_until("its work", [&] { return scene.exists("worked"); });
  Background recorder(scene.recorder(
      {"--backend", "proc", "-q", "-i", ".01", "-o", "out.json", "-o", "rows.ndjson", "--cgroup", cgroup.path()}));
  wait_until("a row", [&] { return is_recording(recorder.pid()); });
  const auto move = [&](const std::string &to) { std::ofstream(to + "/cgroup.procs") << member.pid(); };
  const auto last_count = [&] {
    const auto rows = scene.exists("rows.ndjson") ? scene.text("rows.ndjson") : "";
    const std::size_t at = rows.rfind("\"pid_count\":");
    return at == std::string::npos ? -1 : std::atoi(rows.c_str() + at + 12);
  };
  move(cgroup.path());
  wait_until("its coming", [&] { return last_count() == 1; });
  move(cgroup_mount());
  wait_until("its leaving", [&] { return last_count() == 0; });
  recorder.send(SIGINT);
  CHECK(recorder.wait().exit_code == 0);
  const Document document = read_document(scene);
  // Its usage before it joined does not count.
  CHECK(document.sum_ns("user") + document.sum_ns("system") < 5'000'000);
  CHECK(document.json()["processes"].size() == 1);
  CHECK(document.json()["totals"]["pid_count"]["peak"] == 1);
  member.send(SIGKILL);
  member.wait();
}

TEST_CASE("By /proc 4096 descriptors are 4096, also for processes of other users", "[host]") {
  Background many({.argv = {"sleep", "60"}, .prepare = [] {
                     constexpr int last = 4095;
                     const rlimit limit{5000, 5000};
                     if (setrlimit(RLIMIT_NOFILE, &limit) != 0) _exit(98);
                     for (int fd = 0; fd >= 0 && fd < last;) fd = dup(STDIN_FILENO);
                   }});
  wait_until("the exec", [&] { return read_file(fmt::format("/proc/{}/comm", many.pid())) == "sleep\n"; });
  const NobodysDirectory directory;
  CHECK(run_to_end(
            directory.recorder({"-q", "-d", ".05", "-i", ".01", "-o", "out.json", "--pid", std::to_string(many.pid())}))
            .exit_code == 0);
  CHECK(read_document(directory.scene()).json()["totals"]["num_fds"]["peak"] == 4096);
  many.send(SIGKILL);
  many.wait();
}
