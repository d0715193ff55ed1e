// Where outputs go, and what they are called: what a name may hold, and what it never replaces.
#include <fmt/format.h>
#include <sys/utsname.h>

#include <catch2/catch.hpp>

#include "support/background.h"
#include "support/refusal.h"
#include "support/scene.h"

namespace {

using namespace test;

// What is in the directory beside the script.
std::set<std::string> outputs_of(const Scene &scene) {
  auto files = scene.files();
  files.erase("script");
  return files;
}

}  // namespace

TEST_CASE("Names hold the host, the pid, the start and the batch job", "[host]") {
  const Scene scene("echo $PPID");
  Start start = scene.recorder({"-q", "-o", "%h-%j-%p-%t.json", "-o", "%p-%t.csv", "--ring",
                                "%p.ring", "--", "sh", "script"});
  start.environment["SLURM_JOB_ID"] = "12/3";
  const Finished finished = run_to_end(start);
  INFO(finished.errors);
  CHECK(finished.exit_code == 0);
  const std::string pid = finished.output.substr(0, finished.output.find('\n'));
  utsname system{};
  uname(&system);
  std::string csv;
  for (const std::string &name : outputs_of(scene))
    if (name.ends_with(".csv")) csv = name;
  const std::string same = csv.substr(0, csv.find('.'));
  CHECK(same.starts_with(pid + "-2"));
  CHECK(outputs_of(scene) ==
        std::set<std::string>{fmt::format("{}-12_3-{}.json", system.nodename, same), csv,
                              pid + ".ring"});
}

TEST_CASE("A name with a % that means nothing is refused in one line by all commands", "[host]") {
  const Refusal refusal;
  const Scene &scene = refusal.scene();
  refusal.check({"-o", "%x.json"}, 125, {"--output %x.json: ", "%"});
  refusal.check({"--ring", "a%"}, 125, {"--ring a%: "});
  refusal.check(scene.recorder({"convert", "a.json", "-o", "%.csv"}), 2, {"--output %.csv: "});
  refusal.check(scene.recorder({"recover", "--last", "-o", "%.csv"}), 2, {"--output %.csv: "});
  refusal.check(scene.recorder({"report", "a.json", "-o", "%.html"}), 2, {"--output %.html: "});
  refusal.check(scene.recorder({"compare", "a", "b", "--html", "%.html"}), 2, {"--html %.html: "});
}
