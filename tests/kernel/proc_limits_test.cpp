// Limits of /proc: more processes than descriptors, processes without a main thread, threaded cgroups, a /proc of
// another pid namespace, and OOM kills.
#include <fmt/format.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>

#include "support/attached.h"
#include "support/background.h"
#include "support/cgroup.h"
#include "support/document.h"
#include "support/refusal.h"
#include "support/scene.h"

namespace {

using namespace test;
using Catch::Matchers::Contains;

void limit_descriptors(rlim_t soft, rlim_t hard) {
  const rlimit limit{soft, hard};
  if (setrlimit(RLIMIT_NOFILE, &limit) != 0) _exit(98);
}

// 100 processes that run at once and then print their limit.
const std::string crowd =
    "i=0; while [ $i -lt 100 ]; do read line <gate & i=$((i + 1)); done; "
    "ulimit -Sn >limit; : >running; wait";

// A memory cgroup of the test's own, of v1 or v2, with a limit; removed at the end, when it must be empty.
class MemoryCgroup {
 public:
  explicit MemoryCgroup(std::uint64_t bytes) {
    const std::string v1 = "/sys/fs/cgroup/memory";
    const bool has_v1 = std::filesystem::exists(v1 + "/memory.limit_in_bytes");
    const std::string parent = has_v1 ? v1 : cgroup_mount();
    if (!has_v1) std::ofstream(parent + "/cgroup.subtree_control") << "+memory";
    path_ = fmt::format("{}/rusage-bpf-test.{}.memory", parent, getpid());
    REQUIRE(mkdir(path_.c_str(), 0755) == 0);
    std::ofstream(path_ + (has_v1 ? "/memory.limit_in_bytes" : "/memory.max")) << bytes;
    // With swap, memory would not run out.
    std::ofstream(path_ + (has_v1 ? "/memory.swappiness" : "/memory.swap.max")) << 0;
  }
  ~MemoryCgroup() { rmdir(path_.c_str()); }
  MemoryCgroup(const MemoryCgroup &) = delete;
  MemoryCgroup &operator=(const MemoryCgroup &) = delete;

  [[nodiscard]] const std::string &path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace

TEST_CASE("By /proc more processes than descriptors are recorded, all in full", "[host]") {
  const bool hard_too = GENERATE(false, true);
  INFO((hard_too ? "no more to be had" : "more to be had"));
  const Scene scene;
  const Gate gate(scene.path("gate"));
  Start start = scene.recorder(
      {"--backend", "proc", "-q", "-i", ".01", "-o", "out.json", "-o", "rows.ndjson", "--", "sh", "-c", crowd});
  start.prepare = [hard_too] { limit_descriptors(64, hard_too ? 64 : 1024); };
  Background recorder(start);
  wait_until("the crowd", [&] { return scene.exists("running"); });
  wait_until("a row with all of it",
             [&] { return scene.text("rows.ndjson").find("\"pid_count\":101,") != std::string::npos; });
  for (int i = 0; i < 100; i++) gate.open();
  CHECK(recorder.wait().exit_code == 0);
  const auto document = read_document(scene).json();
  CHECK(document["totals"]["pid_count"]["peak"] == 101);
  CHECK(document["audit"]["unreadable_processes"] == 0);
  CHECK(scene.text("limit") == "64\n");
}

TEST_CASE("A process whose main thread has exited has its memory, descriptors and arguments") {
  const Scene scene;
  const std::string backend = GENERATE("proc", "bpf");
  INFO(backend);
  Listener leaderless(scene, {"leaderless"});
  AttachedRecorder recorder(scene, leaderless.pid(), {"--backend", backend, "-i", ".01"});
  leaderless.tell();
  wait_until("its work", [&] { return leaderless.output().ends_with("done\n"); });
  recorder.pass_row();
  recorder.send(SIGINT);
  const auto document = recorder.finish("SIGINT").json();
  leaderless.end();
  for (const auto &row : document["samples"]) {
    CHECK(row["rss"].get<std::int64_t>() > (1 << 19));
    CHECK(row["num_fds"].get<int>() >= 3);
    CHECK(row["thread_count"].get<int>() >= 2);
  }
  const auto &processes = document["processes"];
  const auto own = std::find_if(processes.begin(), processes.end(),
                                [&](const auto &process) { return process["pid"] == leaderless.pid(); });
  REQUIRE(own != processes.end());
  CHECK((*own)["command"] == "leaderless");
  CHECK_FALSE((*own)["argv"].empty());
  CHECK_FALSE(document["meta"]["argv"].empty());
}

TEST_CASE("By /proc a cgroup of threads is refused in one line, and one above it is recorded", "[host]") {
  const TemporaryCgroup domain;
  const TemporaryCgroup threads(domain.path());
  std::ofstream(threads.path() + "/cgroup.type") << "threaded";
  const Scene scene;
  Background member({.argv = {"sleep", "60"}, .prepare = [&] {
                       if (!move_to_cgroup(domain.path())) _exit(98);
                     }});
  wait_until("the member", [&] {
    return read_file(domain.path() + "/cgroup.procs").find(std::to_string(member.pid())) != std::string::npos;
  });
  std::ofstream(threads.path() + "/cgroup.threads") << member.pid();
  const Finished refused =
      run_to_end(scene.recorder({"--backend", "proc", "-q", "-d", ".1", "--cgroup", threads.path()}));
  CHECK(refused.exit_code == 1);
  check_line(refused.errors, {"--cgroup", threads.path(), "threaded", "give"});
  CHECK(run_to_end(scene.recorder({"--backend", "proc", "-q", "-d", ".1", "-o", "out.json", "--cgroup", domain.path()}))
            .exit_code == 0);
  CHECK(read_document(scene).json()["totals"]["pid_count"]["peak"] == 1);
  member.send(SIGKILL);
  member.wait();
}

TEST_CASE("By /proc, a /proc of another pid namespace is refused in one line", "[host]") {
  const Scene scene;
  Start start = scene.recorder({"--backend", "proc", "-q", "-o", "out.json", "--", "true"});
  start.argv.insert(start.argv.begin(), {"unshare", "--pid", "--fork"});
  const Finished finished = run_to_end(start);
  CHECK(finished.exit_code == 125);
  check_line(finished.errors, {"/proc", "pid namespace", "mount -t proc"});
}

TEST_CASE("A worker that the OOM killer killed is named, even if the command continues", "[host][memory]") {
  const MemoryCgroup cgroup(std::uint64_t{96} << 20);
  const Scene scene;
  Start start = scene.recorder({"-i", ".01", "--ring-rows", "100", "-o", "out.json", "--", "sh", "-c",
                                built("tests/programs/touch") + " truth 4 2>/dev/null; exit 0"});
  start.prepare = [&] {
    if (!move_to_cgroup(cgroup.path())) _exit(98);
  };
  const Finished finished = run_to_end(start);
  INFO(finished.errors);
  CHECK(finished.exit_code == 0);
  const auto audit = read_document(scene).json()["audit"];
  CHECK(audit["oom_kills"].get<int>() >= 1);
  CHECK(audit["sigkilled_processes"].get<int>() >= 1);
  CHECK(audit["sigkilled_commands"] == nlohmann::json::array({"touch"}));
  CHECK_THAT(finished.errors, Contains("for lack of memory") && Contains("touch"));
}
