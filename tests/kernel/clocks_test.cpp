// A recorder whose CLOCK_MONOTONIC is not the kernel's, as in a container restored by CRIU. unshare(1) makes such a
// time namespace.
#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <filesystem>

#include "support/attached.h"
#include "support/document.h"
#include "support/scene.h"

namespace {

using namespace test;

Start in_time_namespace(int offset_s, Start start) {
  const std::vector<std::string> unshare{
      "unshare", "--time",      fmt::format("--monotonic={}", offset_s), fmt::format("--boottime={}", offset_s),
      "--fork",  "--kill-child"};
  start.argv.insert(start.argv.begin(), unshare.begin(), unshare.end());
  return start;
}

// A second in rows of .1 s. Late rows are missed rows, but not nine of ten.
void check_second(const Document &document) {
  const auto &rows = document.rows();
  CHECK(document.json()["meta"]["ended_by"] == "duration");
  CHECK(rows.size() > 5);
  CHECK(rows.size() <= 12);
  CHECK(rows.back()["elapsed"] >= 1);
  CHECK(rows.back()["elapsed"] < 60);
  // A recorder that did not sleep between the rows would have used all of it.
  CHECK(document.json()["audit"]["recorder_cpu"] < .7);
}

}  // namespace

TEST_CASE("A command in a time namespace is recorded at the times that it sees", "[host]") {
  const int offset_s = GENERATE(100'000, -300);
  const std::string backend = GENERATE("bpf", "proc");
  const Scene scene("true; sleep 3");
  const Start start = in_time_namespace(offset_s, scene.recorder({"-q", "--backend", backend, "-i", ".1", "-d", "1",
                                                                  "-o", "out.json", "--", "sh", "script"}));
  CHECK(run_to_end(start).exit_code == 0);
  const Document document = read_document(scene);
  check_second(document);
  for (const auto &process : document.json()["processes"]) {
    // /proc knows it to a hundredth of a second.
    CHECK(process["start"] > -.1);
    CHECK(process["start"] < 60);
    if (!process["end"].is_null()) CHECK(process["end"] >= process["start"]);
  }
}

TEST_CASE("A recorder in a time namespace records a process outside of it", "[host]") {
  const int offset_s = GENERATE(100'000, -300);
  const std::string backend = GENERATE("bpf", "proc");
  const Scene scene(": >runs; read line <gate");
  const Gate gate(scene.path("gate"));
  Background target({.argv = {"sh", "script"}, .directory = scene.path()});
  wait_until("the script", [&] { return scene.exists("runs"); });
  Start start = attached(scene, target.pid(), {"--backend", backend, "-i", ".1", "-d", "1"});
  CHECK(run_to_end(in_time_namespace(offset_s, start)).exit_code == 0);
  const Document document = read_document(scene);
  check_second(document);
  const auto &process = document.json()["processes"][0];
  CHECK(process["start"] <= 0);
  CHECK(process["start"] > -60);
  gate.open();
  CHECK(target.wait().exit_code == 0);
}
