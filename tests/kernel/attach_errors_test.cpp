// Failed attaches: one line that says why, and no files.
#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <csignal>
#include <filesystem>
#include <functional>
#include <thread>

#include "support/attached.h"
#include "support/refusal.h"
#include "support/users.h"

namespace {

using namespace test;
using Words = std::vector<std::string>;

// Checks that this ends with the status and one line with these words, and that out.json is what it
// was before.
void check_refusal(const Scene &scene, const Start &start, int status, const Words &words) {
  scene.create("out.json", earlier);
  const auto files = scene.files();
  const Finished finished = run_to_end(start);
  CHECK(finished.exit_code == status);
  CHECK(finished.output.empty());
  check_line(finished.errors, words);
  CHECK(scene.files() == files);
  CHECK(scene.text("out.json") == earlier);
}

// A child of the test that sleeps after `become`.
class Sleeper {
 public:
  explicit Sleeper(const std::function<void()> &become) : pid_(fork()) {
    REQUIRE(pid_ >= 0);
    if (pid_ == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      become();
      // Only now: whoever becomes another user has lost this one.
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      raise(SIGSTOP);
      for (;;) pause();
    }
    wait_until("the child", [this] { return process_state(pid_).state == 'T'; });
  }
  ~Sleeper() {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  Sleeper(const Sleeper &) = delete;
  Sleeper &operator=(const Sleeper &) = delete;

  [[nodiscard]] pid_t pid() const { return pid_; }

 private:
  pid_t pid_;
};

}  // namespace

TEST_CASE("a pid without a process is refused in one line", "[host]") {
  const Scene scene;
  const auto refused = [&](pid_t pid, const std::string &why) {
    check_refusal(scene, attached(scene, pid), 1, {fmt::format("--pid {}: ", pid), why});
  };
  refused(0x3fffffff, "there is no such process");
  if (read_file("/proc/2/comm") == "kthreadd\n") refused(2, "kernel thread");

  std::atomic<pid_t> thread_id = 0;
  std::atomic<bool> over = false;
  const std::jthread thread([&] {
    thread_id = gettid();
    while (!over) usleep(1000);
  });
  wait_until("the thread", [&] { return thread_id != 0; });
  refused(thread_id, "this is a thread");
  over = true;

  const pid_t zombie = fork();
  REQUIRE(zombie >= 0);
  if (zombie == 0) _exit(0);
  siginfo_t info{};
  REQUIRE(waitid(P_PID, static_cast<id_t>(zombie), &info, WEXITED | WNOWAIT) == 0);
  refused(zombie, "has ended");
  REQUIRE(waitpid(zombie, nullptr, 0) == zombie);
  refused(zombie, "there is no such process");
}

TEST_CASE("wrong usage of --pid is exit status 2", "[host]") {
  const Scene scene;
  const auto refused = [&](const Words &options, const Words &words) {
    Words all{"-o", "out.json"};
    all.insert(all.end(), options.begin(), options.end());
    check_refusal(scene, scene.recorder(all), 2, words);
  };
  for (const char *pid : {"0", "-1", "abc", "12x", "", "99999999999"})
    refused({"--pid", pid}, {fmt::format("--pid {}:", pid), "give the number of a process"});
  const std::string own = std::to_string(getpid());
  refused({"--pid", own, "--", "true"}, {"--pid", "no command"});
  refused({"--pid", own, "--cgroup", "/sys/fs/cgroup"}, {"--pid or --cgroup"});
  refused({"--pid", own, "--until", "tree"}, {"--until"});
  refused({"--pid", own, "--duration", "0"}, {"--duration 0"});
  refused({"--pid"}, {"--pid"});
}

TEST_CASE("a process that exits during the attach gives a recording or one line") {
  const Scene scene;
  for (int time = 0; time < 20; time++) {
    const pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      usleep(static_cast<useconds_t>(time) * 5'000);
      _exit(0);
    }
    Background recorder(attached(scene, child));
    // At once, so that its number is free again.
    REQUIRE(waitpid(child, nullptr, 0) == child);
    const Finished finished = recorder.wait();
    CAPTURE(time, finished.errors);
    if (finished.exit_code == 0) {
      const Document document = read_document(scene);
      CHECK(document.json()["meta"]["root_pid"] == child);
      CHECK(document.json()["meta"]["ended_by"] == "tree");
      for (const auto &row : document.rows()) CHECK(row["pid_count"] <= 1);
      std::filesystem::remove(scene.path("out.json"));
    } else {
      CHECK(finished.exit_code == 1);
      check_line(finished.errors, {fmt::format("--pid {}", child)});
      CHECK_FALSE(scene.exists("out.json"));
    }
    CHECK(scene.files() == std::set<std::string>{"script"});
  }
}

TEST_CASE("a user may attach only to the user's own processes") {
  const auto dumpable = [](int yes) {
    if (prctl(PR_SET_DUMPABLE, yes) != 0) _exit(98);
  };
  const Sleeper own([&] {
    become_nobody();
    dumpable(1);
  });
  const Sleeper roots([&] { dumpable(1); });
  const Sleeper closed([&] {
    become_nobody();
    dumpable(0);
  });
  // Like a program with the set-user-ID bit.
  const Sleeper privileged([&] {
    if (setresgid(nobody, nobody, nobody) != 0 || setresuid(nobody, 0, 0) != 0) _exit(98);
    dumpable(1);
  });

  const Scene scene;
  // A copy, because other users may not enter the directory of the build.
  std::filesystem::copy_file(scene.recorder({}).argv[0], scene.path("rusage-bpf"));
  REQUIRE(chown(scene.path().c_str(), nobody, nobody) == 0);
  const auto as_nobody = [&](pid_t pid) {
    Start start = attached(scene, pid, {"--backend", "bpf", "--duration", ".1"});
    start.argv[0] = "./rusage-bpf";
    start.prepare = become_capable_nobody;
    return start;
  };

  const Finished finished = run_to_end(as_nobody(own.pid()));
  CHECK(finished.errors.empty());
  CHECK(finished.exit_code == 0);
  CHECK(read_document(scene).json()["meta"]["root_pid"] == own.pid());
  std::filesystem::remove(scene.path("out.json"));

  scene.create("out.json", earlier);
  REQUIRE(chown(scene.path("out.json").c_str(), nobody, nobody) == 0);
  for (const Sleeper *other : {&roots, &closed, &privileged})
    check_refusal(scene, as_nobody(other->pid()), 1,
                  {fmt::format("--pid {}: ", other->pid()), "not yours", "sudo rusage-bpf"});
}
