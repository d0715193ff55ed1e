// The files of outputs: their names, and which files they never replace.
#include <fmt/format.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>

#include "support/background.h"
#include "support/mounts.h"
#include "support/refusal.h"
#include "support/scene.h"

namespace {

using namespace test;
using Json = nlohmann::ordered_json;

// The files in the directory, without the script.
std::set<std::string> outputs_of(const Scene &scene) {
  auto files = scene.files();
  files.erase("script");
  return files;
}

// A recorder with a file mounted on out.json: one that was there, and is not to be replaced.
Start with_mounted_file(const Scene &scene, std::vector<std::string> arguments) {
  scene.create("mounted", earlier);
  scene.create("out.json");
  Start start = scene.recorder(std::move(arguments));
  start.prepare = [] {
    if (!unshare_mounts() || mount("mounted", "out.json", nullptr, MS_BIND, nullptr) != 0) _exit(98);
  };
  return start;
}

}  // namespace

TEST_CASE("Names can have the host, the pid, the start and the batch job", "[host]") {
  const Scene scene("echo $PPID");
  Start start =
      scene.recorder({"-q", "-o", "%h-%j-%p-%t.json", "-o", "%p-%t.csv", "--ring", "%p.ring", "--", "sh", "script"});
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
        std::set<std::string>{fmt::format("{}-12_3-{}.json", system.nodename, same), csv, pid + ".ring"});
}

TEST_CASE("A name with an unknown letter after a % is refused in one line by all commands", "[host]") {
  const Refusal refusal;
  const Scene &scene = refusal.scene();
  refusal.check({"-o", "%x.json"}, 125, {"--output %x.json: ", "%"});
  refusal.check({"--ring", "a%"}, 125, {"--ring a%: "});
  refusal.check(scene.recorder({"convert", "a.json", "-o", "%.csv"}), 2, {"--output %.csv: "});
  refusal.check(scene.recorder({"recover", "--last", "-o", "%.csv"}), 2, {"--output %.csv: "});
  refusal.check(scene.recorder({"report", "a.json", "-o", "%.html"}), 2, {"--output %.html: "});
  refusal.check(scene.recorder({"compare", "a", "b", "--html", "%.html"}), 2, {"--html %.html: "});
}

TEST_CASE("Without -o no document of another run is replaced, and the name is printed", "[host]") {
  const Scene scene(": >ran");
  scene.create("rusage.json", earlier);
  const Finished loud = run_to_end(scene.recorder({"--", "sh", "script"}));
  CHECK(loud.exit_code == 0);
  CHECK(loud.errors.find(" in rusage-2.json\n") != std::string::npos);
  const Finished quiet = run_to_end(scene.recorder({"-q", "--", "sh", "script"}));
  CHECK(quiet.exit_code == 0);
  check_line(quiet.errors, {"the rows are in rusage-3.json"});
  CHECK(scene.text("rusage.json") == earlier);
  for (const char *name : {"rusage-2.json", "rusage-3.json"})
    CHECK(Json::parse(scene.text(name))["meta"]["argv"][1] == "script");
  CHECK(outputs_of(scene) == std::set<std::string>{"ran", "rusage.json", "rusage-2.json", "rusage-3.json"});
}

TEST_CASE("Jobs in one directory that end at the same time leave one document each", "[host]") {
  constexpr std::size_t jobs = 20;
  const Scene scene(until_exists("go"));
  std::vector<std::unique_ptr<Background>> recorders;
  for (std::size_t job = 0; job < jobs; job++)
    recorders.push_back(std::make_unique<Background>(
        scene.recorder({"-q", "--backend", "proc", "--ring-rows", "10", "--", "sh", "script", std::to_string(job)})));
  scene.create("go");
  for (const auto &recorder : recorders) CHECK(recorder->wait().exit_code == 0);
  std::set<std::string> found;
  for (const std::string &name : outputs_of(scene))
    if (name != "go") found.insert(Json::parse(scene.text(name))["meta"]["argv"][2]);
  CHECK(found.size() == jobs);
}

TEST_CASE("A recorder in a recorder has its own document", "[host]") {
  const Scene scene("exit 3");
  Start start = scene.recorder({"-q", "--"});
  const std::string recorder = start.argv.front();
  start.argv.insert(start.argv.end(), {recorder, "-q", "--", "sh", "script"});
  CHECK(run_to_end(start).exit_code == 3);
  CHECK(outputs_of(scene) == std::set<std::string>{"rusage.json", "rusage-2.json"});
  CHECK(Json::parse(scene.text("rusage.json"))["meta"]["argv"][0] == "sh");
  CHECK(Json::parse(scene.text("rusage-2.json"))["meta"]["argv"][0] == recorder);
}

TEST_CASE("A recorder that is killed leaves nothing beside its ring", "[host]") {
  const Scene scene(": >ran; " + until_exists("go"));
  Background recorder(
      scene.recorder({"-q", "--ring", "ring", "-o", "out.json", "-o", "out.csv", "--", "sh", "script"}));
  wait_until("the command", [&] { return scene.exists("ran") && scene.exists("ring"); });
  recorder.send(SIGKILL);
  CHECK(recorder.wait().signal == SIGKILL);
  scene.create("go");
  CHECK(outputs_of(scene) == std::set<std::string>{"go", "ran", "ring"});
}

TEST_CASE("A file that is mounted on its name is written in place, at the end", "[host]") {
  const Scene scene("cat out.json >during");
  const Finished finished =
      run_to_end(with_mounted_file(scene, {"-q", "-o", "out.json", "-o", "2.json", "--", "sh", "script"}));
  INFO(finished.errors);
  CHECK(finished.exit_code == 0);
  CHECK(finished.errors.empty());
  CHECK(scene.text("during") == earlier);
  CHECK(scene.text("mounted") == scene.text("2.json"));
  CHECK(scene.text("out.json").empty());
}

TEST_CASE("convert and recover write to mounted files and symbolic links by the same rules", "[host]") {
  const Scene scene;
  REQUIRE(run_to_end(scene.recorder({"-q", "--ring", "ring", "-o", "a.json", "--", "true"})).exit_code == 0);
  std::filesystem::create_symlink("target.csv", scene.path("link.csv"));
  CHECK(run_to_end(with_mounted_file(scene, {"convert", "a.json", "-o", "out.json"})).exit_code == 0);
  CHECK(scene.text("mounted") == scene.text("a.json"));
  CHECK(run_to_end(scene.recorder({"convert", "a.json", "-o", "link.csv"})).exit_code == 0);
  const std::string csv = scene.text("target.csv");
  CHECK(csv.starts_with("timestamp,"));
  CHECK(run_to_end(scene.recorder({"recover", "ring", "-q", "-o", "link.csv"})).exit_code == 0);
  CHECK(scene.text("target.csv") == csv);
  CHECK(std::filesystem::is_symlink(scene.path("link.csv")));
  std::filesystem::create_symlink("page", scene.path("link.html"));
  CHECK(run_to_end(scene.recorder({"compare", "a.json", "a.json", "--html", "link.html"})).exit_code == 0);
  CHECK(scene.text("page").starts_with("<!DOCTYPE html>"));
  // Without -o, a recovered recording replaces no file either.
  scene.create("rusage.json", earlier);
  check_line(run_to_end(scene.recorder({"recover", "ring", "-q"})).errors, {"rusage-2.json"});
  CHECK(scene.text("rusage.json") == earlier);
}

TEST_CASE("Descriptors, process substitution and devices are written directly", "[host]") {
  const Scene scene("exit 0");
  const auto run = [&](const std::string &shell) {
    Start start = scene.recorder({});
    start.argv = {"bash", "-c", "recorder=$1; " + shell, "bash", start.argv.front()};
    const Finished finished = run_to_end(start);
    CAPTURE(shell);
    INFO(finished.errors);
    CHECK(finished.exit_code == 0);
    return finished;
  };
  const auto is_document = [](const std::string &text) { return Json::parse(text)["meta"]["argv"][1] == "script"; };
  CHECK(is_document(run("\"$recorder\" -q -o /dev/stdout -- sh script").output));
  CHECK(is_document(run("\"$recorder\" -q -o /dev/stderr -- sh script").errors));
  const auto wait_for = [&](const char *name) {
    wait_until(name, [&] { return scene.exists(std::string(name) + ".over"); });
  };
  run("\"$recorder\" -q -o >(cat >piped; : >piped.over) -- sh script");
  wait_for("piped");
  CHECK(is_document(scene.text("piped")));
  run("\"$recorder\" -q -o /proc/self/fd/7 -- sh script 7>seven");
  CHECK(is_document(scene.text("seven")));
  // Text from other writers to the same file stays.
  run("{ echo first; \"$recorder\" -q -o /dev/stdout -- echo second; } >shared");
  CHECK(scene.text("shared").starts_with("first\nsecond\n{"));
  run("\"$recorder\" -q -o /dev/null -- sh script");
}

TEST_CASE("A FIFO without a reader does not delay the command", "[host]") {
  const Scene scene(": >ran");
  REQUIRE(mkfifo(scene.path("fifo").c_str(), 0600) == 0);
  std::filesystem::create_symlink("fifo", scene.path("link.ndjson"));
  const std::string output = GENERATE("fifo", "link.ndjson");
  Background recorder(scene.recorder({"-q", "-o", output, "--", "sh", "script"}));
  wait_until("the command", [&] { return scene.exists("ran"); });
  const std::string text = scene.text("fifo");
  const Finished finished = recorder.wait();
  INFO(finished.errors);
  CHECK(finished.exit_code == 0);
  if (output == "fifo")
    CHECK(Json::parse(text)["meta"]["rows"] == 2);
  else
    CHECK(Json::parse(text.substr(text.rfind('\n', text.size() - 2)))["kind"] == "end");
}

TEST_CASE("Recorders that write one file at the same time leave one complete document", "[host]") {
  const Scene scene(until_exists("go"));
  const bool mounted = GENERATE(false, true);
  std::vector<std::unique_ptr<Background>> recorders;
  for (int i = 0; i < 5; i++) {
    const std::vector<std::string> arguments{"-q", "--backend", "proc",   "--ring-rows",    "10", "-o", "out.json",
                                             "--", "sh",        "script", std::to_string(i)};
    if (!mounted) scene.create("out.json", earlier);
    recorders.push_back(
        std::make_unique<Background>(mounted ? with_mounted_file(scene, arguments) : scene.recorder(arguments)));
  }
  scene.create("go");
  for (const auto &recorder : recorders) CHECK(recorder->wait().exit_code == 0);
  CHECK(Json::parse(scene.text(mounted ? "mounted" : "out.json"))["meta"]["argv"][1] == "script");
}

TEST_CASE("Each output that fails is named in its own line, and the others are complete", "[host]") {
  const Scene scene("exit 3");
  std::filesystem::create_symlink("/dev/full", scene.path("full.csv"));
  const Finished finished =
      run_to_end(scene.recorder({"-q", "-o", "full.csv", "-o", "good.json", "-o", "/dev/full", "--", "sh", "script"}));
  CHECK(finished.exit_code == 125);
  CHECK(
      finished.errors.starts_with("rusage-bpf: full.csv: No space left on device\n"
                                  "rusage-bpf: /dev/full: No space left on device; the rows"));
  CHECK(Json::parse(scene.text("good.json"))["meta"]["exit_code"] == 3);
  const Finished converted =
      run_to_end(scene.recorder({"convert", "good.json", "-o", "full.csv", "-o", "/dev/full", "-o", "2.json"}));
  CHECK(converted.exit_code == 1);
  CHECK(converted.errors ==
        "rusage-bpf: full.csv: No space left on device\n"
        "rusage-bpf: /dev/full: No space left on device\n");
  CHECK(scene.text("2.json") == scene.text("good.json"));
  // The same where they could not be opened.
  const Finished unopened =
      run_to_end(scene.recorder({"-q", "-o", "no/a.json", "-o", "b.json", "-o", "no/c.json", "--", "sh", "script"}));
  CHECK(unopened.exit_code == 125);
  CHECK(unopened.errors ==
        "rusage-bpf: no/a.json: its directory: No such file or directory\n"
        "rusage-bpf: no/c.json: its directory: No such file or directory\n");
  CHECK_FALSE(scene.exists("b.json"));
}

TEST_CASE("report takes the newest recording, and replaces no page but its own", "[host]") {
  const Scene scene;
  for (int i = 0; i < 2; i++) REQUIRE(run_to_end(scene.recorder({"-q", "--", "true"})).exit_code == 0);
  for (int i = 0; i < 2; i++) {
    const Finished finished = run_to_end(scene.recorder({"report"}));
    CHECK(finished.exit_code == 0);
    check_line(finished.errors, {"rusage-2.json is drawn in rusage-2.html"});
  }
  CHECK_FALSE(scene.exists("rusage.html"));
  scene.create("rusage.html", earlier);
  const Finished refused = run_to_end(scene.recorder({"report", "rusage.json"}));
  CHECK(refused.exit_code == 1);
  check_line(refused.errors, {"rusage.html", "not a page of rusage-bpf", "-o"});
  CHECK(scene.text("rusage.html") == earlier);
}
