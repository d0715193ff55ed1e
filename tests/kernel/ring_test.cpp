// The recovery ring of the recorder, and rusage-bpf recover.
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <filesystem>
#include <sstream>

#include "support/attached.h"
#include "support/background.h"
#include "support/mounts.h"
#include "support/ndjson.h"
#include "support/refusal.h"
#include "support/ring_scene.h"
#include "support/scene.h"
#include "support/users.h"

namespace {

using namespace test;
using Words = std::vector<std::string>;

Finished recover(const Scene &scene, Words arguments) {
  arguments.insert(arguments.begin(), "recover");
  return run_to_end(scene.recorder(arguments));
}

// The recorder writes rows to out.ndjson after its ring is in place.
void wait_for_row(const Scene &scene) {
  test::wait_for_rows(scene.path("out.ndjson"), 1);
}

TEST_CASE("The ring is announced, and removed when the outputs are in place", "[host]") {
  const Scene scene(
      "n=0; until ls .local/state/rusage-bpf/*.ring >names || [ $n = 400 ]; do n=$((n+1)); sleep "
      ".05; done; cp -r .local seen; rm names");
  const Finished finished = run_to_end(scene.recorder({"-o", "out.json", "--", "sh", "script"}));
  const std::string ring = announced_ring(finished.errors);
  CHECK(ring.starts_with(scene.path(".local/state/rusage-bpf/")));
  CHECK(ring.ends_with(".ring"));
  CHECK(finished.errors.find(ring_announcement) < finished.errors.find("sh script: exit 0"));
  CHECK(scene.files() == std::set<std::string>{"out.json", "script", "seen"});
  // The command copied the ring, which only the user may read.
  const auto seen = scene.path("seen/state/rusage-bpf/" + std::filesystem::path(ring).filename().string());
  struct stat is {};
  REQUIRE(stat(seen.c_str(), &is) == 0);
  CHECK((is.st_mode & 0777) == 0600);
}

TEST_CASE("After a crash the ring is listed, and recovered into every format", "[host]") {
  const Scene scene(until_stopped);
  const std::string ring = record_and_kill(scene);
  REQUIRE(scene.files().contains(std::filesystem::path(ring).filename()));
  const std::string before = read_file(ring);

  const Finished list = recover(scene, {});
  CHECK(list.exit_code == 0);
  CHECK(list.errors.empty());
  CHECK(list.output.find("cut short   sh script ") != std::string::npos);
  CHECK(list.output.find(ring + "\n") != std::string::npos);

  const Finished recovered = recover(scene, {"--last", "-o", "a.json", "-o", "a.ndjson", "-o", "a.csv"});
  CHECK(recovered.exit_code == 0);
  CHECK(recovered.errors.find("sh script: recorded for ") != std::string::npos);
  CHECK(recovered.errors.find("until the recorder was gone") != std::string::npos);
  const auto document = read_json(scene.path("a.json"));
  CHECK(document["meta"]["recovered"] == true);
  CHECK(document["meta"]["exit_code"].is_null());
  CHECK(document["meta"]["signal"].is_null());
  CHECK(document["meta"]["ended_by"].is_null());
  CHECK(document["meta"]["argv"] == Words{"sh", "script"});
  CHECK_FALSE(document["samples"].empty());
  CHECK(scene.exists("a.ndjson"));
  CHECK(scene.exists("a.csv"));
  CHECK(read_file(ring) == before);
  scene.create("stop");
}

TEST_CASE("A document from a complete ring differs from the original only in saying so", "[host]") {
  const Scene scene("sleep .2; exit 3");
  const Finished finished =
      run_to_end(scene.recorder({"-q", "-i", ".01", "--ring", "ring", "-o", "out.json", "--", "sh", "script"}));
  CHECK(finished.exit_code == 3);
  CHECK(finished.errors.empty());
  CHECK(recover(scene, {"ring", "-q", "-o", "recovered.json"}).exit_code == 0);
  auto expected = read_json(scene.path("out.json"));
  expected["meta"]["recovered"] = true;
  // The ring has only rows.
  expected["processes"] = expected["commands"] = nullptr;
  expected["audit"]["processes_left_out"] = nullptr;
  CHECK(read_json(scene.path("recovered.json")) == expected);
}

// NDJSON without its lines of processes and commands.
std::string rows_of(const std::string &ndjson) {
  std::istringstream lines(ndjson);
  std::string rows;
  for (std::string line; std::getline(lines, line);)
    if (!line.starts_with(R"({"kind":"process")") && !line.starts_with(R"({"kind":"command")")) rows += line + "\n";
  return rows;
}

TEST_CASE("--follow prints a recording's rows while it is running, and ends with it", "[host]") {
  const Scene scene(until_stopped);
  Background recorder(scene.recorder({"-q", "-i", ".01", "--ring", "ring", "-o", "out.ndjson", "--", "sh", "script"}));
  wait_until("the ring", [&] { return scene.exists("ring"); });
  Background follower(scene.recorder({"recover", "ring", "--follow", "-q"}));
  wait_until("rows", [&] {
    const std::string output = follower.output();
    return std::count(output.begin(), output.end(), '\n') > 10;
  });
  CHECK(recover(scene, {}).output.find("recording") == std::string::npos);  // it has a name of its own
  scene.create("stop");
  CHECK(recorder.wait().exit_code == 0);
  const Finished followed = follower.wait();
  CHECK(followed.exit_code == 0);
  CHECK(followed.errors.empty());
  // All except the processes, which the ring does not have, and that it was recovered.
  const std::string live = rows_of(scene.text("out.ndjson"));
  const std::size_t end = live.find("{\"kind\":\"end\"");
  REQUIRE(end != std::string::npos);
  CHECK(followed.output.substr(0, end) == live.substr(0, end));
}

TEST_CASE("--follow ends with the recording even if the command continues", "[host]") {
  const Scene scene(until_stopped);
  Background recorder(
      scene.recorder({"-q", "-i", ".01", "-d", ".3", "--ring", "ring", "-o", "out.json", "--", "sh", "script"}));
  wait_until("the ring", [&] { return scene.exists("ring"); });
  const Finished followed = recover(scene, {"ring", "--follow", "-q"});
  CHECK(followed.exit_code == 0);
  CHECK(followed.output.find("\"ended_by\":\"duration\"") != std::string::npos);
  CHECK_FALSE(scene.exists("stop"));
  scene.create("stop");
  recorder.wait();
}

TEST_CASE("An attached recording has its ring too", "[host]") {
  const Scene scene;
  Background sleeper({.argv = {"sleep", "60"}});
  AttachedRecorder recorder(scene, sleeper.pid(), {"-i", ".01", "--ring", "ring"});
  recorder.send(SIGKILL);
  const Finished recovered = [&] {
    wait_until("the recorder's end", [&] { return process_state(recorder.process().pid()).state != 'S'; });
    return recover(scene, {"ring", "-q", "-o", "recovered.json"});
  }();
  CHECK(recovered.exit_code == 0);
  CHECK(read_json(scene.path("recovered.json"))["meta"]["root_pid"] == sleeper.pid());
}

TEST_CASE("Under sudo the ring is the caller's", "[host]") {
  const Scene scene(until_stopped);
  give_to_nobody(scene.path());
  Background recorder(
      with_sudo(scene.recorder({"-q", "-i", ".01", "--ring", "ring", "-o", "out.ndjson", "--", "sh", "script"})));
  wait_for_row(scene);
  recorder.send(SIGKILL);
  recorder.wait();
  scene.create("stop");
  struct stat is {};
  REQUIRE(stat(scene.path("ring").c_str(), &is) == 0);
  CHECK(is.st_uid == nobody);
  CHECK((is.st_mode & 0777) == 0600);
}

TEST_CASE("Missing space for a ring is found before the command runs", "[host]") {
  const Refusal refusal;
  const Scene &scene = refusal.scene();
  std::filesystem::create_directory(scene.path("small"));
  Start start = scene.recorder({"--ring", "small/ring", "--", "sh", "script"});
  start.prepare = [] {
    if (!unshare_mounts() || mount("small", "small", "tmpfs", 0, "size=1m") != 0) _exit(98);
  };
  refusal.check(start, 125, {"small/ring", "--ring-rows", "No space left on device"});
}

TEST_CASE("If the state directory cannot be written, the ring is in /tmp", "[host]") {
  const Scene scene(until_stopped);
  scene.create("file");
  Start start = scene.recorder({"-i", ".01", "-o", "out.ndjson", "--", "sh", "script"});
  start.environment["XDG_STATE_HOME"] = scene.path("file");
  Background recorder(start);
  wait_for_row(scene);
  wait_for_announcement(recorder);
  const std::string ring = announced_ring(recorder.errors());
  CHECK(ring.starts_with("/tmp/rusage-bpf-"));
  CHECK(std::filesystem::exists(ring));
  scene.create("stop");
  CHECK(recorder.wait().exit_code == 0);
  CHECK_FALSE(std::filesystem::exists(ring));
}

TEST_CASE("A ring can be written to the disk row by row", "[host]") {
  const Scene scene("sleep .1");
  CHECK(run_to_end(scene.recorder({"-q", "-i", ".01", "--ring-sync", "--ring-rows", "100", "-o", "out.json", "--", "sh",
                                   "script"}))
            .exit_code == 0);
  scene.check_recording(0, nullptr);
}

TEST_CASE("Errors of recover are one line", "[host]") {
  const Scene scene;
  const auto check = [&](const Words &arguments, int status, const Words &words) {
    const Finished finished = recover(scene, arguments);
    CHECK(finished.exit_code == status);
    CHECK(finished.output.empty());
    check_line(finished.errors, words);
    CHECK(scene.files() == std::set<std::string>{"script"});
  };
  check({"script"}, 1, {"script: is not a recovery ring"});
  check({"missing"}, 1, {"missing: No such file"});
  check({"."}, 1, {"not a regular file"});
  check({"--last"}, 1, {"there are no recovery rings"});
  check({"ring", "--last"}, 2, {"not both"});
  check({"--follow"}, 2, {"give a ring"});
  check({"ring", "-o", "out.xyz"}, 2, {"out.xyz", ".json"});
  check({"ring", "--unknown"}, 2, {"--unknown", "recover --help"});
}

}  // namespace
