// Recordings of a cgroup, and processes for it.
#pragma once

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <string>
#include <vector>

#include "support/background.h"
#include "support/cgroup.h"
#include "support/document.h"
#include "support/scene.h"

namespace test {

// Memory that a child shares with its parent.
template <typename T>
class Shared {
 public:
  Shared()
      : value_(static_cast<T *>(mmap(nullptr, sizeof(T), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0))) {
    REQUIRE(value_ != MAP_FAILED);
  }
  ~Shared() { munmap(value_, sizeof(T)); }
  Shared(const Shared &) = delete;
  Shared &operator=(const Shared &) = delete;

  T *operator->() const { return value_; }

 private:
  T *value_;
};

// Runs `action` in a child, which must succeed.
template <typename Action>
void in_child(Action action) {
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) _exit(action() ? 0 : 1);
  int status = -1;
  REQUIRE(waitpid(child, &status, 0) == child);
  REQUIRE(status == 0);
}

// A recording of a cgroup, which has started.
class CgroupRecording {
 public:
  explicit CgroupRecording(const std::string &cgroup, std::vector<std::string> options = {},
                           const std::string &recorder_in = "")
      : recorder_(start(scene_, cgroup, std::move(options), recorder_in)) {
    wait_until("the recording", [&] { return recorder_.errors().find("recording cgroup") != std::string::npos; });
  }

  Document end() {
    recorder_.send(SIGINT);
    return ended();
  }
  Document ended() {
    const Finished finished = recorder_.wait();
    INFO(finished.errors);
    REQUIRE(finished.exit_code == 0);
    return Document(read_json(scene_.path("out.json")));
  }

 private:
  static Start start(const Scene &scene, const std::string &cgroup, std::vector<std::string> options,
                     const std::string &recorder_in) {
    options.insert(options.begin(), {"--cgroup", cgroup, "-i", ".01", "-o", "out.json"});
    Start start = scene.recorder(std::move(options));
    if (!recorder_in.empty())
      start.prepare = [recorder_in] {
        if (!move_to_cgroup(recorder_in)) _exit(1);
      };
    return start;
  }

  Scene scene_;
  Background recorder_;
};

}  // namespace test
