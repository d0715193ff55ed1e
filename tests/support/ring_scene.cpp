#include "support/ring_scene.h"

#include <catch2/catch.hpp>
#include <csignal>
#include <filesystem>

#include "support/ndjson.h"
#include "support/users.h"

namespace test {
namespace fs = std::filesystem;

namespace {

constexpr auto state = ".local/state/rusage-bpf";

}  // namespace

std::string announced_ring(const std::string &errors) {
  const std::size_t begin = errors.find(ring_announcement);
  if (begin == std::string::npos) return "";
  const std::size_t path = begin + std::string(ring_announcement).size();
  return errors.substr(path, errors.find('\n', path) - path);
}

void wait_for_announcement(const Background &recorder) {
  wait_until("the announcement", [&] {
    const std::string errors = recorder.errors();
    return !announced_ring(errors).empty() && errors.ends_with("\n");
  });
}

std::string record_and_kill(const Scene &scene) {
  Background recorder(scene.recorder({"-i", ".01", "-o", "out.ndjson", "--", "sh", "script"}));
  wait_for_rows(scene.path("out.ndjson"), 1);
  wait_for_announcement(recorder);
  recorder.send(SIGKILL);
  return announced_ring(recorder.wait().errors);
}

RingDirectories::RingDirectories() {
  for (const char *name : {"home", "run", "state"}) fs::create_directory(scene_.path(name));
}

Start RingDirectories::start(std::function<void()> prepare, std::vector<std::string> options) const {
  options.insert(options.end(), {"-o", "out.json", "--", "sh", "script"});
  Start start = scene_.recorder(options);
  start.environment["HOME"] = scene_.path("home");
  start.environment["XDG_RUNTIME_DIR"] = scene_.path("run");
  start.prepare = std::move(prepare);
  return start;
}

RingDirectories::Recorded RingDirectories::record(const Start &start) const {
  const Finished finished = run_to_end(start);
  INFO(finished.errors);
  CHECK(finished.exit_code == 5);
  REQUIRE(scene_.exists("out.json"));
  return {finished.errors, read_json(scene_.path("out.json"))};
}

void RingDirectories::check_ring_in(const Start &start, const std::string &directory) const {
  const Recorded recorded = record(start);
  INFO(recorded.errors);
  CHECK_THAT(announced_ring(recorded.errors), Catch::StartsWith(directory));
  CHECK(recorded.document["audit"]["ring_error"].is_null());
  CHECK_FALSE(fs::exists(announced_ring(recorded.errors)));
}

StateDirectory::StateDirectory() {
  fs::create_directories(scene_.path(state));
  for (const char *name : {"", ".local", ".local/state", state}) give_to_nobody(scene_.path(name));
}

Start StateDirectory::recorder(const std::vector<std::string> &arguments) const {
  Start start = with_sudo(scene_.recorder(arguments));
  start.environment["XDG_STATE_HOME"] = scene_.path(".local/state");
  return start;
}

void StateDirectory::create(const std::string &name, const std::string &text) const {
  scene_.create(in_state(name), text);
  give_to_nobody(scene_.path(in_state(name)));
}

std::string StateDirectory::in_state(const std::string &name) {
  return std::string(state) + "/" + name;
}

std::set<std::string> StateDirectory::files() const {
  std::set<std::string> names;
  for (const auto &entry : fs::directory_iterator(scene_.path(state))) names.insert(entry.path().filename());
  return names;
}

void StateDirectory::record(const std::string &ring, const std::string &output) const {
  REQUIRE(run_to_end(recorder({"-q", "-i", ".01", "--ring", in_state(ring), "-o", output, "--", "sleep", ".05"}))
              .exit_code == 0);
}

void StateDirectory::record_and_kill(const std::string &ring) const {
  Background recording(
      recorder({"-q", "-i", ".01", "--ring", in_state(ring), "-o", "x.csv", "-o", "-.ndjson", "--", "sh", "script"}));
  wait_until("a row", [&] { return recording.output().find("\"sample\"") != std::string::npos; });
  recording.send(SIGKILL);
  recording.wait();
  scene_.create("stop");
}

std::string StateDirectory::prune(std::vector<std::string> arguments) const {
  arguments.insert(arguments.begin(), {"recover", "--prune"});
  const Finished finished = run_to_end(recorder(arguments));
  CHECK(finished.exit_code == 0);
  CHECK(finished.errors.empty());
  return finished.output;
}

}  // namespace test
