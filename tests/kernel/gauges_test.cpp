// Compares the gauges of an idle tree (memory, descriptors, processes, tasks) with /proc.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <stdexcept>

#include "document/time.h"
#include "os/clock.h"
#include "os/fd.h"
#include "support/background.h"
#include "support/document.h"
#include "support/ndjson.h"
#include "support/process.h"
#include "support/scene.h"

namespace {

using rusage_bpf::Fd;

// Records a workload that is idle between its line "ready" and the end of its input.
class StillRecording {
 public:
  explicit StillRecording(const std::vector<std::string> &workload_argv, const std::vector<std::string> &options = {})
      : input_(open_input()), recorder_({.argv = command_line(workload_argv, options), .prepare = [this] {
                                           test::redirect(STDIN_FILENO, input_path(), O_RDONLY);
                                         }}) {
    test::wait_until("the tree to stand", [this] { return recorder_.output() == "ready\n"; });
  }

  // The command's process: the recorder's only child.
  [[nodiscard]] pid_t root() const { return children_of(recorder_.pid()).front(); }

  // Waits for a row that was sampled after this call.
  void pass_row() const { test::pass_row(rows_path()); }

  void let_pass(std::size_t rows) const { test::wait_for_rows(rows_path(), rows); }

  // Lets the tree end, and gives the document.
  test::Document finish() {
    input_.reset();
    CHECK(recorder_.wait().exit_code == 0);
    return test::Document(test::read_json(document_path()));
  }

  static std::vector<pid_t> children_of(pid_t parent) {
    std::vector<pid_t> children;
    for (const auto &entry : std::filesystem::directory_iterator("/proc")) {
      const pid_t pid = std::atoi(entry.path().filename().c_str());
      if (pid > 0 && test::process_state(pid).parent == parent) children.push_back(pid);
    }
    return children;
  }

 private:
  [[nodiscard]] std::string document_path() const { return directory_.file("rusage.json"); }
  [[nodiscard]] std::string rows_path() const { return directory_.file("rows.ndjson"); }
  [[nodiscard]] std::string input_path() const { return directory_.file("input"); }

  // Both ends, so that opening one of them does not block.
  [[nodiscard]] Fd open_input() const {
    if (mkfifo(input_path().c_str(), 0600) != 0) throw std::runtime_error("mkfifo");
    return Fd(open(input_path().c_str(), O_RDWR | O_CLOEXEC));
  }

  [[nodiscard]] std::vector<std::string> command_line(const std::vector<std::string> &workload_argv,
                                                      const std::vector<std::string> &options) const {
    std::vector<std::string> argv{test::built("rusage-bpf"), "-q", "-i",       ".01", "-o",
                                  document_path(),           "-o", rows_path()};
    argv.insert(argv.end(), options.begin(), options.end());
    argv.insert(argv.end(), {"--", test::built("tests/programs/" + workload_argv.front()), directory_.file("truth")});
    argv.insert(argv.end(), workload_argv.begin() + 1, workload_argv.end());
    return argv;
  }

  test::TemporaryDirectory directory_;
  Fd input_;
  test::Background recorder_;
};

struct ProcGauges {
  std::int64_t rss_bytes = 0;
  std::int64_t vms_bytes = 0;
  std::int64_t descriptors = 0;
  std::int64_t processes = 0;
  std::int64_t tasks = 0;
};

std::int64_t entries(const std::filesystem::path &directory) {
  return std::distance(std::filesystem::directory_iterator(directory), {});
}

// The values of one process in /proc.
ProcGauges held_by(pid_t pid) {
  const std::filesystem::path proc = "/proc/" + std::to_string(pid);
  ProcGauges expected;
  std::ifstream(proc / "statm") >> expected.vms_bytes >> expected.rss_bytes;
  expected.vms_bytes *= sysconf(_SC_PAGESIZE);
  expected.rss_bytes *= sysconf(_SC_PAGESIZE);
  expected.descriptors = entries(proc / "fd");
  expected.processes = 1;
  expected.tasks = entries(proc / "task");
  return expected;
}

void operator+=(ProcGauges &sum, const ProcGauges &one) {
  sum.rss_bytes += one.rss_bytes;
  sum.vms_bytes += one.vms_bytes;
  sum.descriptors += one.descriptors;
  sum.processes += one.processes;
  sum.tasks += one.tasks;
}

// The rows that ended while the tree stood still, each checked.
void check_rows(const test::Document &document, std::uint64_t from_ns, std::uint64_t until_ns,
                const ProcGauges &expected) {
  int checked = 0;
  for (const auto &row : document.rows()) {
    const std::string timestamp = row["timestamp"];
    if (timestamp <= rusage_bpf::iso_8601(from_ns) || timestamp >= rusage_bpf::iso_8601(until_ns)) continue;
    INFO(row.dump());
    CHECK(row["rss"] == expected.rss_bytes);
    CHECK(row["vms"] == expected.vms_bytes);
    CHECK(row["num_fds"] == expected.descriptors);
    CHECK(row["pid_count"] == expected.processes);
    CHECK(row["thread_count"] == expected.tasks);
    checked++;
  }
  CHECK(checked > 0);
}

void check_still_tree(const std::vector<std::string> &options) {
  StillRecording recording({"still", "20", "5"}, options);
  recording.let_pass(20);  // the last thread is on its way to sleep
  const std::uint64_t from_ns = rusage_bpf::realtime_ns();
  ProcGauges expected = held_by(recording.root());
  for (const pid_t child : StillRecording::children_of(recording.root())) expected += held_by(child);
  recording.pass_row();
  const std::uint64_t until_ns = rusage_bpf::realtime_ns();
  recording.pass_row();
  CHECK(expected.processes == 21);
  CHECK(expected.tasks == 26);
  check_rows(recording.finish(), from_ns, until_ns, expected);
}

}  // namespace

TEST_CASE("memory, descriptors, processes and tasks of an idle tree are those of /proc") {
  check_still_tree({});
}

TEST_CASE("they are the same if exited tasks are counted at their last context switch") {
  check_still_tree({"--count-at-last-switch"});
}

TEST_CASE("they are the same if they are read from /proc") {
  check_still_tree({"--gauges-from-proc"});
}

TEST_CASE("a stopped process is measured too") {
  StillRecording recording({"still", "0", "0"});
  const pid_t root = recording.root();
  REQUIRE(kill(root, SIGSTOP) == 0);
  recording.pass_row();
  const std::uint64_t from_ns = rusage_bpf::realtime_ns();
  const ProcGauges expected = held_by(root);
  recording.pass_row();
  const std::uint64_t until_ns = rusage_bpf::realtime_ns();
  recording.pass_row();
  REQUIRE(kill(root, SIGCONT) == 0);
  check_rows(recording.finish(), from_ns, until_ns, expected);
}

TEST_CASE("an address space and a descriptor table that processes share count once") {
  constexpr int each = 3;
  StillRecording recording({"sharing", std::to_string(each)});
  recording.let_pass(20);
  const std::uint64_t from_ns = rusage_bpf::realtime_ns();
  const ProcGauges root = held_by(recording.root());
  ProcGauges expected = root;
  for (const pid_t child : StillRecording::children_of(recording.root())) expected += held_by(child);
  // `each` children share the root's memory, and `each` its descriptors.
  expected.rss_bytes -= each * root.rss_bytes;
  expected.vms_bytes -= each * root.vms_bytes;
  expected.descriptors -= each * root.descriptors;
  recording.pass_row();
  const std::uint64_t until_ns = rusage_bpf::realtime_ns();
  recording.pass_row();
  CHECK(expected.processes == 1 + 2 * each);
  check_rows(recording.finish(), from_ns, until_ns, expected);
}
