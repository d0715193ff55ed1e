// Compares every counter of every workload with the workload's own count, the kernel's total at wait4, and the counters
// of its tasks at their last context switch.
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>
#include <cmath>
#include <cstdlib>
#include <sstream>
#include <string>
#include <vector>

#include "kernel/last_switches.h"
#include "support/document.h"
#include "support/process.h"

namespace {

using test::Document;

// Nobody else's, not even that of the same test elsewhere on this machine.
std::uint32_t workload_uid() {
  return 0x10000000U + static_cast<std::uint32_t>(getpid());
}

struct Recorded {
  Document document;
  nlohmann::json truth;
  std::int64_t tasks;   // that died
  std::int64_t run_ns;  // at their last switches
  std::int64_t switches;
  bool stolen;  // whether a hypervisor took CPU time away meanwhile
};

// Stolen time: the eighth number in the first line of /proc/stat.
std::int64_t stolen_ticks() {
  std::istringstream line(test::read_file("/proc/stat"));
  std::string cpu;
  line >> cpu;
  std::int64_t ticks = 0;
  for (int figure = 0; figure < 8; figure++) line >> ticks;
  return ticks;
}

Recorded record(const std::string &workload, const std::string &size, const std::string &interval,
                const std::vector<std::string> &options) {
  const test::TemporaryDirectory directory;
  chmod(directory.path().c_str(), 0777);
  std::vector<std::string> argv{test::built("rusage-bpf"), "-q", "-i", interval, "-o", directory.file("rusage.json")};
  argv.insert(argv.end(), options.begin(), options.end());
  argv.insert(argv.end(), {"--", test::built("tests/programs/as_user"), std::to_string(workload_uid()),
                           test::built("tests/programs/" + workload), directory.file("truth"), size});

  const test::LastSwitches last_switches(workload_uid());
  const std::int64_t stolen_before = stolen_ticks();
  const test::Finished finished = test::run(argv);
  INFO(finished.errors);
  REQUIRE(finished.exit_code == 0);
  return {Document(test::read_json(directory.file("rusage.json"))),
          test::read_json(directory.file("truth")),
          last_switches.tasks(),
          last_switches.run_ns(),
          last_switches.switches(),
          stolen_ticks() > stolen_before};
}

void check_io(const Recorded &recorded) {
  CHECK(recorded.document.sum("read_count") == recorded.truth["syscr"]);
  CHECK(recorded.document.sum("write_count") == recorded.truth["syscw"]);
  CHECK(recorded.document.sum("read_bytes") == recorded.truth["rchar"]);
  CHECK(recorded.document.sum("write_bytes") == recorded.truth["wchar"]);
}

void check_processes(const Recorded &recorded) {
  const std::int64_t forks = recorded.truth["forks"];
  const std::int64_t execs = recorded.truth["execs"];
  CHECK(recorded.document.sum("forks") == forks);
  CHECK(recorded.document.sum("execs") == execs + 2);  // as_user and the workload
  CHECK(recorded.document.sum("exits") == forks + 1);
  CHECK(recorded.tasks == forks + 1 + recorded.truth["threads"].get<std::int64_t>());
}

// The kernel's total lacks processes that nobody reaped, and of each other one what it did between
// the moment it was reaped and its last switch. Of the rows nothing lacks: at the last switches it
// was the same.
void check_faults_and_switches(const Recorded &recorded) {
  const Document &document = recorded.document;
  for (const char *faults : {"minor_faults", "major_faults"}) {
    const std::int64_t unreaped =
        faults == std::string("minor_faults") ? recorded.truth["unreaped_minor_faults"].get<std::int64_t>() : 0;
    INFO(faults);
    if (recorded.truth["unreaped_cpu_us"] == 0)
      CHECK(document.sum(faults) == document.kernel(faults));
    else
      CHECK(document.sum(faults) >= document.kernel(faults) + unreaped);
  }
  const std::int64_t switches = document.sum("ctx_switches_voluntary") + document.sum("ctx_switches_involuntary");
  CHECK(switches == recorded.switches);
  for (const char *kind : {"ctx_switches_voluntary", "ctx_switches_involuntary"}) {
    INFO(kind);
    CHECK(document.sum(kind) >= document.kernel(kind));
  }
}

void check_cpu(const Recorded &recorded) {
  const Document &document = recorded.document;
  constexpr std::int64_t tolerance_ns = 200'000;
  const std::int64_t user_ns = document.sum_ns("user");
  const std::int64_t run_ns = user_ns + document.sum_ns("system");
  const std::int64_t kernel_user_ns = document.kernel_ns("user");
  const std::int64_t kernel_ns = kernel_user_ns + document.kernel_ns("system");

  CHECK(run_ns >= kernel_ns - kernel_ns / 1000 - tolerance_ns);
  // The rows may have more than the kernel's total: the counters of the tasks at their last context switches. The last
  // sample before the end may have counted stolen time as run time, and a later row never takes that back.
  constexpr std::int64_t tick_ns = 4'000'000;
  const std::int64_t ahead_ns = recorded.stolen ? sysconf(_SC_NPROCESSORS_ONLN) * tick_ns : 0;
  CHECK(run_ns >= recorded.run_ns - tolerance_ns);
  CHECK(run_ns <= recorded.run_ns + tolerance_ns + ahead_ns);
  // The split follows scheduler ticks: before its first tick, a process has only user time, and a later row never takes
  // that back. So each live process may be off by about a tick. Ticks hit user or system time by chance, so all
  // together may be off by about the square root of their number.
  const auto at_once = document.json().at("totals").at("pid_count").at("peak").get<std::int64_t>();
  const auto by_chance = std::llround(std::sqrt(static_cast<double>(run_ns / tick_ns)));
  const std::int64_t split_tolerance_ns = (at_once + 4 + by_chance) * tick_ns;
  CHECK(user_ns >= kernel_user_ns - split_tolerance_ns);
  CHECK(user_ns <= kernel_user_ns + run_ns - kernel_ns + split_tolerance_ns);
}

void check_rows(const Recorded &recorded, const std::string &interval) {
  const nlohmann::json &rows = recorded.document.rows();
  const nlohmann::json &audit = recorded.document.json().at("audit");
  REQUIRE(rows.size() >= 2);
  for (std::size_t i = 1; i < rows.size(); i++) {
    INFO("row " << i << ": " << rows[i].dump());
    REQUIRE(rows[i]["elapsed"].get<double>() > rows[i - 1]["elapsed"].get<double>());
    for (const auto &[column, value] : rows[i].items())
      if (value.is_number()) REQUIRE(value.get<double>() >= 0);
    REQUIRE(rows[i]["pid_count"].get<int>() - rows[i - 1]["pid_count"].get<int>() ==
            rows[i]["forks"].get<int>() - rows[i]["exits"].get<int>());
  }
  // One row at the start, one at the end, and one for each deadline between.
  const double deadlines = std::floor(rows.back()["elapsed"].get<double>() / std::stod(interval));
  const auto expected = static_cast<std::int64_t>(deadlines) + 2;
  const auto had = static_cast<std::int64_t>(rows.size()) + audit["ticks_missed"].get<std::int64_t>();
  CHECK(std::abs(had - expected) <= 1);
  CHECK(audit["untracked_tasks"] == 0);
  CHECK(audit["events_lost"] == 0);
  CHECK(rows.back()["pid_count"] == 0);
}

void check_records(const Recorded &recorded) {
  const nlohmann::json &json = recorded.document.json();
  const nlohmann::json &records = json.at("processes");
  const std::int64_t forks = recorded.truth["forks"];
  const std::int64_t execs = recorded.truth["execs"];
  // One for each process, and one more for each exec. The first is as_user's.
  CHECK(static_cast<std::int64_t>(records.size()) == forks + execs + 2);
  const nlohmann::json &root = json.at("meta").at("root_pid");
  std::int64_t root_records = 0;
  for (const nlohmann::json &record : records) {
    INFO(record.dump());
    root_records += record.at("pid") == root ? 1 : 0;
    REQUIRE(record.at("command").is_string());
    REQUIRE(record.at("end").get<double>() >= record.at("start").get<double>());
    // The last record gets the rest, which may only be time.
    REQUIRE(record.at("execs").get<int>() <= 1);
    REQUIRE(record.at("exits").get<int>() == (record.at("exit_code").is_null() ? 0 : 1));
    REQUIRE((record.at("exit_code").is_null() || record.at("exit_code") == 0));
    REQUIRE(record.at("signal").is_null());
  }
  CHECK(root_records == 2);
}

// Twenty in a row prove it. One is enough to find a new error.
int repetitions() {
  const char *wanted = std::getenv("RUSAGE_TEST_REPEAT");
  return wanted ? std::atoi(wanted) : 1;
}

struct Case {
  const char *what;
  const char *workload;
  const char *size;
  const char *emulated_size;  // where every instruction takes ten times as long
};

constexpr std::array cases{
    Case{"1000 children of 2 ms and 64 KiB", "children", "1000", "100"},
    Case{"500 execs", "execs", "500", "20"},
    Case{"512 short threads", "threads", "512", "128"},
    Case{"a chain of nested forks", "nested", "100", "50"},
    Case{"double-forked orphans", "orphans", "100", "30"},
    Case{"children that touch 64 MiB and exit", "touch", "10", "2"},
    Case{"children whose second thread execs", "thread_exec", "100", "10"},
    Case{"vforks", "vforks", "300", "20"},
    Case{"a parent that ignores SIGCHLD", "ignored", "300", "50"},
    Case{"children given to the grandparent by CLONE_PARENT", "clone_parent", "100", "30"},
    Case{"a million one-byte reads", "reads", "1000000", "100000"},
    Case{"fork storms on both CPUs", "storm", "4000", "400"},
    Case{"a pure spin", "spin", "0.3", "0.3"},
};

void check_case(const Case &one, const std::vector<std::string> &options) {
  const std::string size = test::clock_is_emulated() ? one.emulated_size : one.size;
  const std::vector<std::string> intervals = test::clock_is_emulated()
                                                 ? std::vector<std::string>{"0.01"}
                                                 : std::vector<std::string>{"0.001", "0.01", "0.1", "10"};
  for (const std::string &interval : intervals) {
    for (int repetition = 0; repetition < repetitions(); repetition++) {
      INFO(one.workload << " " << size << " every " << interval << " s, repetition " << repetition);
      const Recorded recorded = record(one.workload, size, interval, options);
      check_io(recorded);
      check_processes(recorded);
      check_faults_and_switches(recorded);
      check_cpu(recorded);
      check_rows(recorded, interval);
      check_records(recorded);
    }
  }
}

}  // namespace

TEST_CASE("the rows of every workload add up to the truth", "[counts]") {
  for (const Case &one : cases) DYNAMIC_SECTION(one.what) {
      check_case(one, {});
    }
}

TEST_CASE("the rows add up if exited tasks are counted at their last context switch", "[host][counts]") {
  for (const Case &one : cases) DYNAMIC_SECTION(one.what) {
      check_case(one, {"--count-at-last-switch"});
    }
}

TEST_CASE("the rows add up if the recorder takes the samples", "[host][counts]") {
  for (const Case &one : cases) DYNAMIC_SECTION(one.what) {
      check_case(one, {"--recorder-clock"});
    }
}
