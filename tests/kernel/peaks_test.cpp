// Peaks of memory between two rows, and before the recording.
#include <catch2/catch.hpp>
#include <csignal>
#include <string>

#include "support/attached.h"
#include "support/background.h"
#include "support/document.h"
#include "support/scene.h"

namespace {

using namespace test;
using Catch::Matchers::Contains;

constexpr std::int64_t mib = 1 << 20;

std::int64_t bytes(const nlohmann::json &json) {
  return json.get<std::int64_t>();
}

}  // namespace

TEST_CASE("A peak between two rows is in the summary, in the totals and in limits", "[memory]") {
  const Scene scene;
  const auto *const backend = GENERATE("proc", "bpf");
  // Only the first and the last row.
  const Finished finished = run_to_end(scene.recorder(
      {"--backend", backend, "-i", "100", "-o", "out.json", "--", built("tests/programs/touch"), "truth", "1"}));
  CHECK(finished.exit_code == 0);
  CHECK_THAT(finished.errors, Contains("peak at least ") && Contains("resident: one process"));
  const auto document = read_document(scene).json();
  const auto &rss = document["totals"]["rss"];
  CHECK(bytes(rss["peak"]) < 32 * mib);
  CHECK(bytes(rss["at_least"]) >= 64 * mib);
  std::int64_t most = 0;
  for (const auto &process : document["processes"])
    if (process["peak_rss"].is_number()) most = std::max(most, bytes(process["peak_rss"]));
  CHECK(bytes(rss["at_least"]) >= most);
  const auto compare = [&](const std::string &limit) {
    return run_to_end(scene.recorder({"compare", "out.json", "out.json", "--fail-if", limit}));
  };
  CHECK(compare("peak_rss>200MiB").exit_code == 0);
  const Finished broken = compare("peak_rss>48MiB");
  CHECK(broken.exit_code == 1);
  CHECK_THAT(broken.errors, Contains("the peak of one process"));
  CHECK_THAT(broken.output, Contains("peak_rss of A: at least"));
}

TEST_CASE("A peak that may be from before the recording is marked, and is no peak of the tree", "[memory]") {
  const Scene scene;
  const std::string backend = GENERATE("proc", "bpf");
  const bool in_recording = GENERATE(false, true);
  INFO(backend << (in_recording ? ", with a peak of its own" : ""));
  Listener peak(scene, {"peak"});
  AttachedRecorder recorder(scene, peak.pid(), {"--backend", backend, "-i", ".01"});
  if (in_recording) {
    peak.tell();
    wait_until("its peak", [&] { return peak.output().ends_with("done\n"); });
  }
  recorder.pass_row();
  recorder.send(SIGINT);
  const auto document = recorder.finish("SIGINT").json();
  peak.end();
  const auto &process = document["processes"].front();
  const auto &rss = document["totals"]["rss"];
  const auto &command = document["commands"].front();
  CHECK(process["peak_rss_predates"] == !in_recording);
  if (in_recording) {
    CHECK(bytes(process["peak_rss"]) >= 128 * mib);
    // From Linux 6.6 on the kernel notes the peak of approximate counters. Rows have their exact sum.
    CHECK(bytes(rss["at_least"]) >= bytes(process["peak_rss"]));
    CHECK(bytes(rss["at_least"]) < bytes(process["peak_rss"]) + mib);
    CHECK(command["peak_rss"] == process["peak_rss"]);
  } else {
    CHECK(bytes(process["peak_rss"]) >= 64 * mib);
    CHECK(bytes(rss["at_least"]) < 32 * mib);
    CHECK(command["peak_rss"].is_null());
  }
}

TEST_CASE("The recorder's own peak is not that of the program that started it", "[memory]") {
  const Scene scene;
  Start start = scene.recorder({"-q", "-o", "out.json", "--", "true"});
  start.prepare = [] {
    std::string large(256 << 20, 'x');
    if (large[large.size() / 2] != 'x') _exit(98);
  };
  CHECK(run_to_end(start).exit_code == 0);
  CHECK(bytes(read_document(scene).json()["audit"]["recorder_peak_rss"]) < 128 * mib);
}

TEST_CASE("By /proc, CPU time that may be children's is marked as such; by BPF there is none") {
  const Scene scene;
  const bool by_proc = GENERATE(true, false);
  const Finished finished =
      run_to_end(scene.recorder({"--backend", by_proc ? "proc" : "bpf", "-i", "100", "-o", "out.json", "--", "sh", "-c",
                                 "for i in 1 2 3; do " + built("tests/programs/spin") + " truth .1; done"}));
  CHECK(finished.exit_code == 0);
  const auto document = read_document(scene).json();
  double children_s = 0;
  for (const auto &command : document["commands"]) {
    const double cpu_s = command["user"].get<double>() + command["system"].get<double>();
    const double of_children_s = command["children_cpu"].get<double>();
    CHECK(of_children_s <= cpu_s + 1e-9);
    children_s += of_children_s;
  }
  if (by_proc) {
    CHECK(children_s > 0);
    CHECK_THAT(finished.errors, Contains("% may be its children's"));
  } else {
    CHECK(children_s == 0);
  }
}
