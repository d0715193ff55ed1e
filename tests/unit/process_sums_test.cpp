#include "model/process_sums.h"

#include <catch2/catch.hpp>

#include "model/commands.h"
#include "support/task_events.h"

namespace rusage_bpf::process_sums_test {
namespace {

TEST_CASE("records get no more than the rows have counted, and the last one gets what is left") {
  ProcessSums sums;
  Process process;
  process.value[RUSAGE_user] = 8;
  process.value[RUSAGE_system] = 2;
  process.value[RUSAGE_forks] = 3;
  Values counted{};
  counted[RUSAGE_user] = 6;
  counted[RUSAGE_system] = 9;
  counted[RUSAGE_forks] = 2;
  CHECK_FALSE(sums.finalize(process, counted));
  const auto first = sums.finalize(process, counted);
  REQUIRE(first);
  CHECK(first->value[RUSAGE_user] == 6);
  CHECK(first->value[RUSAGE_system] == 4);
  CHECK(first->value[RUSAGE_forks] == 2);
  counted[RUSAGE_user] = 20;
  counted[RUSAGE_forks] = 9;
  const auto last = sums.finalize_last(counted);
  REQUIRE(last);
  CHECK(last->value[RUSAGE_user] == 14);
  CHECK(last->value[RUSAGE_system] == 5);
  CHECK(last->value[RUSAGE_forks] == 7);
  CHECK_FALSE(sums.finalize_last(counted));
}

TEST_CASE("commands are sums by name, sorted by CPU time") {
  Commands commands;
  Process process;
  process.image = image("sh");
  process.value[RUSAGE_user] = 5;
  process.forked_only = true;
  commands.add(process);
  process.forked_only = false;
  process.peak_rss = 4;
  commands.add(process);
  process.image = image("cc1plus");
  process.value[RUSAGE_user] = 11;
  process.peak_rss = {};
  commands.add(process);
  const auto sorted = commands.by_cpu();
  REQUIRE(sorted.size() == 2);
  CHECK(sorted[0].name == "cc1plus");
  CHECK_FALSE(sorted[0].peak_rss);
  CHECK(sorted[1].name == "sh");
  CHECK(sorted[1].processes == 1);
  CHECK(sorted[1].cpu_ns() == 10);
  CHECK(sorted[1].peak_rss == 4);
}

TEST_CASE("commands beyond the maximum number of names are added up without a name") {
  Commands commands;
  Process process;
  process.value[RUSAGE_user] = 1;
  for (std::size_t i = 0; i < Commands::max_names + 5; i++) {
    process.image = image(std::to_string(i));
    commands.add(process);
  }
  const auto sorted = commands.by_cpu();
  CHECK(sorted.size() == Commands::max_names + 1);
  CHECK(sorted[0].cpu_ns() == 5);
  CHECK_FALSE(sorted[0].name);
}

}  // namespace
}  // namespace rusage_bpf::process_sums_test
