// Recording the workloads by /proc, by the user nobody: their usage, and what polling misses.
#include <array>
#include <catch2/catch.hpp>
#include <set>
#include <string>

#include "support/document.h"
#include "support/scene.h"
#include "support/users.h"

namespace {

using namespace test;

std::int64_t figure(const nlohmann::json &json) {
  return json.get<std::int64_t>();
}

std::int64_t switches_of(const nlohmann::json &figures) {
  return figure(figures["ctx_switches_voluntary"]) + figure(figures["ctx_switches_involuntary"]);
}

void check_rows(const nlohmann::json &rows) {
  for (std::size_t i = 1; i < rows.size(); i++)
    for (const auto &[column, value] : rows[i].items())
      if (value.is_number()) REQUIRE(value.get<double>() >= 0);
  CHECK(rows.back()["pid_count"] == 0);
  for (const char *column : {"forks", "execs", "exits"}) CHECK(rows.back()[column].is_null());
}

// At least as many as there were processes without a record.
void check_missed_tasks(const Document &document, const nlohmann::json &truth) {
  std::set<int> pids;
  for (const auto &process : document.json()["processes"]) pids.insert(process["pid"].get<int>());
  const auto found = static_cast<std::int64_t>(pids.size());
  CHECK(figure(document.json()["audit"]["unseen_tasks"]) >= figure(truth["forks"]) + 1 - found);
}

void check_reaped(const Document &document, const nlohmann::json &truth) {
  const nlohmann::json &audit = document.json()["audit"];
  // The I/O of an orphan that exited before a poll can only be read by root.
  const bool all_read = audit["unreadable_processes"] == 0;
  CHECK((all_read || truth["unreaped_cpu_us"] > 0));
  for (const auto &[column, calls] : {std::pair{"read_count", "syscr"},
                                      {"write_count", "syscw"},
                                      {"read_bytes", "rchar"},
                                      {"write_bytes", "wchar"}}) {
    CHECK(document.sum(column) <= figure(truth[calls]));
    if (all_read) CHECK(document.sum(column) == truth[calls]);
  }
  const nlohmann::json &kernel = audit["kernel"];
  const nlohmann::json &rows = audit["rows"];
  constexpr std::int64_t rounding_ns = 2000;
  const std::int64_t kernel_ns = document.kernel_ns("user") + document.kernel_ns("system");
  const std::int64_t run_ns = document.sum_ns("user") + document.sum_ns("system");
  // The recorder reaps orphans, so the kernel's total of the command lacks them.
  if (truth["unreaped_cpu_us"] == 0) {
    CHECK(std::abs(run_ns - kernel_ns) <= rounding_ns);
    CHECK(rows["minor_faults"] == kernel["minor_faults"]);
    CHECK(rows["major_faults"] == kernel["major_faults"]);
    // A poll in the middle of an exec by another thread than the first may see that thread's switches twice.
    const std::int64_t seen_twice = truth["threads"] > 0 ? figure(truth["execs"]) : 0;
    CHECK(switches_of(rows) >= switches_of(kernel));
    CHECK(switches_of(rows) <= switches_of(kernel) + seen_twice);
  } else {
    CHECK(run_ns >= kernel_ns + figure(truth["unreaped_cpu_us"]) * 1000 - rounding_ns);
    CHECK(figure(rows["minor_faults"]) >= figure(kernel["minor_faults"]) + figure(truth["unreaped_minor_faults"]));
    CHECK(switches_of(rows) >=
          switches_of(kernel) + figure(truth["unreaped_voluntary"]) + figure(truth["unreaped_involuntary"]));
  }
}

struct Case {
  const char *workload;
  const char *size;
};

}  // namespace

TEST_CASE("By /proc, the usage of reaped processes is exact over the whole run, even without a poll", "[host]") {
  for (const auto &[workload, size] : {Case{"children", "100"},
                                       {"execs", "100"},
                                       {"threads", "128"},
                                       {"nested", "60"},
                                       {"orphans", "50"},
                                       {"touch", "3"},
                                       {"thread_exec", "40"},
                                       {"vforks", "50"},
                                       {"clone_parent", "50"},
                                       {"reads", "100000"},
                                       {"storm", "1000"},
                                       {"spin", "0.1"}}) {
    const NobodysDirectory directory(workload);
    for (const char *interval : {".001", ".01", ".1"}) {
      INFO(workload << " every " << interval << " s");
      const Document document = directory.record({"-i", interval}, {std::string("./") + workload, "truth", size});
      const nlohmann::json truth = read_json(directory.scene().path("truth"));
      check_reaped(document, truth);
      check_rows(document.rows());
      if (truth["threads"] == 0) check_missed_tasks(document, truth);
    }
  }
}

TEST_CASE("By /proc, children that are not reaped have the polled usage, and the rest is reported", "[host]") {
  const NobodysDirectory directory("ignored");
  const Document document = directory.record({"-i", ".01"}, {"./ignored", "truth", "100"});
  const nlohmann::json truth = read_json(directory.scene().path("truth"));
  const nlohmann::json &audit = document.json()["audit"];
  CHECK(document.sum("read_count") <= figure(truth["syscr"]));
  CHECK(document.sum("minor_faults") >= figure(audit["kernel"]["minor_faults"]));
  CHECK(document.sum_ns("user") + document.sum_ns("system") >=
        document.kernel_ns("user") + document.kernel_ns("system") - 2000);
  check_rows(document.rows());
  check_missed_tasks(document, truth);
}
