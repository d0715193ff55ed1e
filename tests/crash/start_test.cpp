// Recorders that are killed during their start.
#include <signal.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <random>
#include <set>

#include "ring/file.h"
#include "ring/writer.h"
#include "support/background.h"
#include "support/mounts.h"
#include "support/scene.h"
#include "support/users.h"

namespace crash_start_test {
namespace {

using namespace test;
using Words = std::vector<std::string>;

int repetitions() {
  const char *const number = std::getenv("RUSAGE_TEST_CRASHES");
  return number ? std::atoi(number) : 20;
}

// A state directory of the user nobody: `recover --prune` removes all rings of a user, and root may have real ones.
void make_state_directory(const Scene &scene) {
  std::filesystem::create_directories(scene.path(".local/state"));
  for (const char *name : {"", ".local", ".local/state"}) give_to_nobody(scene.path(name));
}
Start nobodys_recorder(const Scene &scene, const Words &arguments) {
  Start start = with_sudo(scene.recorder(arguments));
  start.environment["XDG_STATE_HOME"] = scene.path(".local/state");
  return start;
}

// The names in the directory of rings, if it exists.
std::set<std::string> rings_in(const Scene &scene) {
  std::set<std::string> names;
  const auto directory = scene.path(".local/state/rusage-bpf");
  if (std::filesystem::exists(directory))
    for (const auto &entry : std::filesystem::directory_iterator(directory)) names.insert(entry.path().filename());
  return names;
}

TEST_CASE("A recorder that is killed during its start leaves only files that recover lists and removes") {
  std::mt19937 random(std::random_device{}());
  std::uniform_int_distribution<useconds_t> instant_us(0, 100'000);
  for (int i = 0; i < repetitions(); i++) {
    const Scene scene;
    make_state_directory(scene);
    Background recorder(nobodys_recorder(scene, {"-q", "-o", "out.json", "--", "sleep", ".2"}));
    usleep(instant_us(random));
    recorder.send(SIGKILL);
    recorder.wait();
    const auto left = rings_in(scene);
    const std::string listed = run_to_end(nobodys_recorder(scene, {"recover"})).output;
    for (const std::string &name : left) CHECK(listed.find(name) != std::string::npos);
    CHECK(run_to_end(nobodys_recorder(scene, {"recover", "--prune", "--older-than", "0s"})).exit_code == 0);
    CHECK(rings_in(scene).empty());
  }
}

// A child that is killed between two steps of making a ring in `home`.
enum class Step { created, started };
void make_ring_and_die(const Scene &home, Step step, bool has_temporary_name) {
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    setenv("XDG_STATE_HOME", home.path(".local/state").c_str(), 1);
    setenv("SUDO_UID", std::to_string(nobody).c_str(), 1);
    setenv("SUDO_GID", std::to_string(nobody).c_str(), 1);
    // Without /proc, a file without a name cannot get one later, so it has a temporary name.
    const bool prepared =
        !has_temporary_name || (unshare_mounts() && mount("tmpfs", "/proc", "tmpfs", 0, nullptr) == 0);
    if (!prepared) _exit(98);
    auto ring = rusage_bpf::RingWriter::create({});
    if (!ring) _exit(97);
    if (step == Step::started && !ring->begin(rusage_bpf::Recording())) _exit(96);
    kill(getpid(), SIGKILL);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  REQUIRE(WIFSIGNALED(status));
}

TEST_CASE("A ring that had not started leaves no file, or one that recover lists") {
  const Scene scene;
  make_state_directory(scene);
  make_ring_and_die(scene, Step::created, false);
  CHECK(rings_in(scene).empty());
  make_ring_and_die(scene, Step::created, true);
  REQUIRE(rings_in(scene).size() == 1);
  CHECK(rusage_bpf::is_unfinished_name(*rings_in(scene).begin()));
  make_ring_and_die(scene, Step::started, true);
  make_ring_and_die(scene, Step::started, false);
  CHECK(rings_in(scene).size() == 3);
  const Finished pruned = run_to_end(nobodys_recorder(scene, {"recover", "--prune"}));
  CHECK(pruned.output.find("removed 3 rings") != std::string::npos);
  CHECK(rings_in(scene).empty());
}

}  // namespace
}  // namespace crash_start_test
