// The kernel's clock: a timer in the kernel takes the samples, whatever the recorder does meanwhile.
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <ctime>
#include <filesystem>
#include <optional>

#include "document/time.h"
#include "os/clock.h"
#include "support/background.h"
#include "support/document.h"
#include "support/refusal.h"
#include "support/scene.h"

namespace {

using test::Document;
using test::Scene;

void sleep_ms(long ms) {
  const timespec time{.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1'000'000};
  nanosleep(&time, nullptr);
}

// A recorder that is stopped for a while, of a command that forks and execs all the time.
class StoppedRecording {
 public:
  StoppedRecording(const std::vector<std::string> &options, long stopped_ms) {
    std::vector<std::string> arguments{"-q", "-o", "out.json"};
    arguments.insert(arguments.end(), options.begin(), options.end());
    arguments.insert(arguments.end(), {"--", "sh", "-c", ": >ready; while ! [ -e over ]; do /bin/true; done"});
    test::Background recorder(scene_.recorder(arguments));
    test::wait_until("the command", [this] { return scene_.exists("ready"); });
    recorder.send(SIGSTOP);
    from_ns_ = rusage_bpf::realtime_ns();
    sleep_ms(stopped_ms);
    until_ns_ = rusage_bpf::realtime_ns();
    recorder.send(SIGCONT);
    scene_.create("over");
    const test::Finished finished = recorder.wait();
    INFO(finished.errors);
    REQUIRE(finished.exit_code == 0);
    document_.emplace(test::read_json(scene_.path("out.json")));
  }

  [[nodiscard]] const Document &document() const { return *document_; }

  // That ended while the recorder was stopped.
  [[nodiscard]] int rows_meanwhile() const {
    int rows = 0;
    for (const auto &row : document_->rows()) {
      const std::string timestamp = row["timestamp"];
      rows += timestamp > rusage_bpf::iso_8601(from_ns_) && timestamp < rusage_bpf::iso_8601(until_ns_) ? 1 : 0;
    }
    return rows;
  }

  void check_sums() const {
    const auto &audit = document_->json()["audit"];
    CHECK(audit["cpu_accounted"].get<double>() > .999);
    CHECK(audit["untracked_tasks"] == 0);
    CHECK(audit["unlisted_tasks"] == 0);
    CHECK(document_->sum("forks") == document_->sum("exits") - 1);
    CHECK(document_->sum("minor_faults") == document_->kernel("minor_faults"));
  }

 private:
  Scene scene_;
  std::uint64_t from_ns_ = 0;
  std::uint64_t until_ns_ = 0;
  std::optional<Document> document_;
};

bool may_have_realtime_priority() {
  const pid_t child = fork();
  if (child == 0) {
    const sched_param lowest{.sched_priority = 1};
    _exit(sched_setscheduler(0, SCHED_FIFO, &lowest) == 0 ? 0 : 1);
  }
  int status = -1;
  REQUIRE(waitpid(child, &status, 0) == child);
  return status == 0;
}

}  // namespace

TEST_CASE("rows go on while the recorder is stopped", "[host]") {
  const std::string way = GENERATE("", "--count-at-last-switch");
  CAPTURE(way);
  std::vector<std::string> options{"-i", ".01"};
  if (!way.empty()) options.push_back(way);
  const StoppedRecording recording(options, 1000);
  CHECK(recording.document().json()["meta"]["clock"] == "kernel");
  // About a hundred, if the machine has time for them.
  CHECK(recording.rows_meanwhile() > 20);
  recording.check_sums();
}

TEST_CASE("if the recorder takes the samples, no row ends while it is stopped", "[host]") {
  const StoppedRecording recording({"-i", ".01", "--recorder-clock"}, 300);
  const auto &json = recording.document().json();
  CHECK(json["meta"]["clock"] == "recorder");
  CHECK(recording.rows_meanwhile() <= 1);
  CHECK(json["audit"]["ticks_missed"] > 0);
  recording.check_sums();
}

TEST_CASE("a recorder that is stopped for longer than samples are kept has one long row, and counts", "[host]") {
  const StoppedRecording recording({"-i", ".0001"}, 2500);
  const auto &audit = recording.document().json()["audit"];
  CHECK(audit["ticks_missed"].get<int>() > 1000);
  CHECK(audit["longest_gap"].get<double>() > .1);
  CHECK(audit["tick_lateness"]["max"].get<double>() >= audit["tick_lateness"]["p50"].get<double>());
  CHECK(recording.document().rows().size() > 1000);
  recording.check_sums();
}

TEST_CASE("rows closer than a millisecond need the kernel's clock", "[host]") {
  const Scene scene;
  const test::Finished finished =
      test::run_to_end(scene.recorder({"-i", ".0005", "--recorder-clock", "-o", "out.json", "--", "true"}));
  CHECK(finished.exit_code == 125);
  test::check_line(finished.errors, {"the kernel's clock", "--interval .001"});
}

TEST_CASE("the recorder's first thread has real-time priority if it may; its others and its command have not",
          "[host]") {
  const Scene scene;
  const test::Finished finished =
      test::run_to_end(scene.recorder({"-q", "-i", ".01", "-o", "out.json", "-o", "out.ndjson", "--", "sh", "-c",
                                       "chrt -p $$; until [ -s out.ndjson ]; do sleep .01; done; chrt -a -p $PPID"}));
  CHECK(finished.exit_code == 0);
  const bool may = may_have_realtime_priority();
  CHECK(test::read_json(scene.path("out.json"))["meta"]["realtime_priority"] == may);
  const auto times = [&](std::string_view policy) {
    std::size_t count = 0;
    for (std::size_t at = 0; (at = finished.output.find(policy, at)) != std::string::npos; at++) count++;
    return count;
  };
  CHECK(times("SCHED_FIFO") == (may ? 1 : 0));
  CHECK(finished.output.find("SCHED_OTHER") < finished.output.find("SCHED_FIFO"));
  // The command, and the threads that make the text and write it.
  CHECK(times("SCHED_OTHER") >= (may ? 3 : 4));
}
