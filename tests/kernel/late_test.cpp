// A recorder that is stopped for a while: tasks that exit are released (bpf/sweep.h), and their usage is not lost.
#include <catch2/catch.hpp>
#include <filesystem>

#include "support/document.h"
#include "support/scene.h"

TEST_CASE("the usage that a stopped recorder misses is in the rows, and unlisted tasks are counted", "[host]") {
  const auto options = GENERATE(std::vector<std::string>{}, std::vector<std::string>{"--count-at-last-switch"});
  CAPTURE(options);
  const test::Scene scene("kill -STOP $PPID; \"$1\" truth 12000; kill -CONT $PPID");
  std::vector<std::string> arguments{"-q", "-o", "out.json"};
  arguments.insert(arguments.end(), options.begin(), options.end());
  arguments.insert(arguments.end(),
                   {"--", "sh", "script", std::filesystem::absolute(test::built("tests/programs/storm"))});
  const test::Finished finished = test::run_to_end(scene.recorder(arguments));
  INFO(finished.errors);
  REQUIRE(finished.exit_code == 0);
  const test::Document document(test::read_json(scene.path("out.json")));
  const auto truth = test::read_json(scene.path("truth"));
  const auto &audit = document.json()["audit"];
  const std::int64_t forks = truth["forks"].get<std::int64_t>() + 1;
  CHECK(document.sum("forks") == forks);
  CHECK(document.sum("exits") == forks + 1);
  for (const char *column : {"minor_faults", "major_faults"}) CHECK(document.sum(column) == document.kernel(column));
  CHECK(audit["untracked_tasks"] == 0);
  CHECK(audit["events_lost"] == 0);
  CHECK(audit["cpu_accounted"].get<double>() > .999);

  // More than the ring of task events has room for: the rest is in no process record, and the last record has only its
  // own usage.
  const auto &processes = document.json()["processes"];
  const auto unlisted = audit["unlisted_tasks"].get<std::int64_t>();
  CHECK(unlisted > 0);
  CHECK(static_cast<std::int64_t>(processes.size()) + unlisted == forks + 1 + 1);
  std::int64_t faults = 0;
  for (const auto &process : processes) {
    faults += process["minor_faults"].get<std::int64_t>();
    CHECK_FALSE(process["end"].is_null());
  }
  CHECK(faults > 0);
  CHECK(faults < document.sum("minor_faults"));
}
