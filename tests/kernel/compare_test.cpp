// compare from end to end: recordings as they are, thresholds as a build would set them.
#include <algorithm>
#include <catch2/catch.hpp>

#include "support/background.h"
#include "support/refusal.h"
#include "support/scene.h"

namespace {

using namespace test;
using Json = nlohmann::ordered_json;
using Strings = std::vector<std::string>;
using Catch::Matchers::Contains;

// Two recordings, a.json and b.json, of which the second starts more processes.
void record_two(const Scene &scene) {
  const auto record = [&](const Strings &outputs, const char *script) {
    Strings arguments{"-q", "-i", ".01"};
    for (const std::string &output : outputs) arguments.insert(arguments.end(), {"-o", output});
    arguments.insert(arguments.end(), {"--", "sh", "-c", script});
    REQUIRE(run_to_end(scene.recorder(arguments)).exit_code == 0);
  };
  record({"a.json", "a.ndjson"}, "for i in 1 2 3 4 5; do env true; done");
  record({"b.json"}, "for i in 1 2 3 4 5 6 7 8 9 10; do env true; done; :");
}

Finished compared(const Scene &scene, Strings arguments) {
  arguments.insert(arguments.begin(), "compare");
  return run_to_end(scene.recorder(arguments));
}

}  // namespace

TEST_CASE("compare shows two recordings side by side", "[host]") {
  const Scene scene;
  record_two(scene);
  const Finished finished = compared(scene, {"a.json", "b.json", "--json"});
  CHECK(finished.exit_code == 0);
  CHECK(finished.errors.empty());
  const Json told = Json::parse(finished.output);
  for (const char *side : {"a", "b"}) {
    const Json document = Json::parse(scene.text(std::string(side) + ".json"));
    CHECK(told[side]["file"] == std::string(side) + ".json");
    CHECK(told[side]["meta"] == document["meta"]);
    for (const auto &[name, total] : document["totals"].items()) {
      const bool gauge = total.is_object();
      // Of rss it is the greatest that is known, of the rows or of a single process.
      Json value = gauge ? total["peak"] : total;
      if (name == "rss") value = std::max(value, total["at_least"]);
      CHECK(told["totals"][(gauge ? "peak_" : "") + name][side] == value);
    }
    for (const Json &command : document["commands"]) {
      const auto of_that_name = [&](const Json &pair) { return pair["command"] == command["command"]; };
      const auto found = std::find_if(told["commands"].begin(), told["commands"].end(), of_that_name);
      REQUIRE(found != told["commands"].end());
      CHECK((*found)["processes"][side] == command["processes"]);
      CHECK((*found)["peak_rss"][side] == command["peak_rss"]);
    }
  }
  CHECK(told["totals"]["forks"]["difference"] == 5);
  CHECK(told["warnings"].empty());
  CHECK(told["failed"].empty());
}

TEST_CASE("compare gives the same for JSON and NDJSON, from files and standard input", "[host]") {
  const Scene scene;
  record_two(scene);
  const Finished from_json = compared(scene, {"a.json", "b.json"});
  CHECK_THAT(from_json.output, Contains("\nforks ") && Contains(" 200.0 %\n"));
  Finished from_ndjson = compared(scene, {"a.ndjson", "b.json"});
  const auto after_header = [](const std::string &text) { return text.substr(text.find("\n\n")); };
  CHECK(after_header(from_ndjson.output) == after_header(from_json.output));
  Start start = scene.recorder({"compare", "-", "b.json"});
  start.input = scene.text("a.json");
  const Finished from_input = run_to_end(start);
  CHECK(from_input.output.starts_with("A: standard input\n"));
  CHECK(after_header(from_input.output) == after_header(from_json.output));
}

TEST_CASE("compare fails if a limit fails, with a line for each, and not otherwise", "[host]") {
  const Scene scene;
  record_two(scene);
  const Finished held = compared(scene, {"a.json", "b.json", "--fail-if", "forks>+100%", "--fail-if", "env:execs>+5"});
  CHECK(held.exit_code == 0);
  CHECK(held.errors.empty());

  const Finished broken = compared(scene, {"a.json", "b.json", "--fail-if", "forks>+99%", "--fail-if", "elapsed>1h",
                                           "--fail-if", "ld:cpu>+10%", "--json"});
  CHECK(broken.exit_code == 1);
  const Json failed = Json::parse(broken.output)["failed"];
  REQUIRE(failed.size() == 2);
  CHECK_THAT(failed[0].get<std::string>(), Contains(", 100 % above ") && Contains("the limit is +99 %"));
  CHECK_THAT(failed[1].get<std::string>(), Contains("ld did not run in a.json"));
  CHECK(broken.errors ==
        "rusage-bpf: " + failed[0].get<std::string>() + "\nrusage-bpf: " + failed[1].get<std::string>() + "\n");

  // It is unknown for a recording that was cut short.
  const std::string text = scene.text("a.ndjson");
  scene.create("cut.ndjson", text.substr(0, text.size() - 30));
  const Finished cut = compared(scene, {"a.json", "cut.ndjson", "--fail-if", "forks>+99%"});
  CHECK(cut.exit_code == 1);
  check_line(cut.errors, {"forks", "cut.ndjson was cut short"});
  CHECK_THAT(cut.output, Contains("warning: B was cut short"));
}

TEST_CASE("compare draws both recordings also if a limit fails", "[host]") {
  const Scene scene;
  record_two(scene);
  const Finished finished = compared(scene, {"a.json", "b.json", "--html", "c.html", "--fail-if", "forks>+99%"});
  CHECK(finished.exit_code == 1);
  const std::string page = scene.text("c.html");
  CHECK_THAT(page, Contains("the limit is +99 %") && Contains("\"buckets\":[{\"end\":["));

  // If it cannot be written, no part of it is left.
  const Finished nowhere = compared(scene, {"a.json", "b.json", "--html", "missing/c.html"});
  CHECK(nowhere.exit_code == 1);
  check_line(nowhere.errors, {"missing/c.html: its directory"});
  CHECK(nowhere.output.empty());
  scene.create("empty.json");
  CHECK(compared(scene, {"a.json", "empty.json", "--html", "c.html"}).exit_code == 1);
  CHECK(scene.text("c.html") == page);
}

TEST_CASE("compare refuses in one line what it cannot read, and wrong usage before it reads", "[host]") {
  const Refusal refusal;
  const Scene &scene = refusal.scene();
  scene.create("a.ndjson", "{\"kind\":\"begin\",\"schema\":\"rusage-bpf/1\",\"meta\":{},\"columns\":[]}\n");
  const auto check = [&](Strings arguments, int status, const Strings &words) {
    arguments.insert(arguments.begin(), "compare");
    refusal.check(scene.recorder(arguments), status, words);
  };
  check({"a.ndjson"}, 2, {"give two recordings"});
  check({"missing.json", "a.ndjson", "--fail-if", "cost>+10%"}, 2, {"'cost>+10%'", "cost is none of"});
  check({"missing.json", "a.ndjson", "--fail-if", "cpu>10%"}, 2, {"'cpu>10%'", "+10%"});
  check({"a.ndjson", "missing.json"}, 1, {"missing.json: No such file"});
  check({"a.ndjson", "rusage.json"}, 1, {"rusage.json: is not a recording of rusage-bpf"});
  check({"rusage.json", "a.ndjson"}, 1, {"rusage.json: is not a recording of rusage-bpf"});
  scene.create("half.json", "{\"schema\": \"rusage-bpf/1\", \"samples\": [{\"user\"");
  check({"a.ndjson", "half.json"}, 1, {"half.json: ends in the middle", "recover"});
  scene.create("empty.json");
  check({"a.ndjson", "empty.json"}, 1, {"empty.json: is empty"});
  scene.create("other.json", "{\"schema\": \"rusage-bpf/9\", \"meta\": {}, \"columns\": [], \"audit\": {}}");
  check({"a.ndjson", "other.json"}, 1, {"other.json: has the schema rusage-bpf/9"});
}
