// Where the recorder puts its recovery ring if directories fail, and that this does not affect the command.
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <filesystem>
#include <fstream>

#include "support/background.h"
#include "support/mounts.h"
#include "support/ndjson.h"
#include "support/refusal.h"
#include "support/ring_scene.h"
#include "support/scene.h"
#include "support/users.h"

namespace ring_places_test {
namespace {

using namespace test;
using Catch::Matchers::Contains;
using Words = std::vector<std::string>;
namespace fs = std::filesystem;

TEST_CASE("If the home cannot be written, the ring is in the runtime directory", "[host]") {
  const RingDirectories directories;
  SECTION("read-only") {
    directories.check_ring_in(directories.start([] {
      if (!unshare_mounts() || !make_read_only("home")) _exit(98);
    }),
                              directories.scene().path("run/rusage-bpf/"));
  }
  SECTION("full") {
    directories.check_ring_in(directories.start([] {
      if (!unshare_mounts() || !mount_tmpfs("home", "size=64k")) _exit(98);
    }),
                              directories.scene().path("run/rusage-bpf/"));
  }
  SECTION("out of inodes") {
    directories.check_ring_in(directories.start([] {
      if (!unshare_mounts() || !mount_tmpfs("home", "nr_inodes=1")) _exit(98);
    }),
                              directories.scene().path("run/rusage-bpf/"));
  }
  SECTION("a file") {
    directories.scene().create("home/.local");
    directories.check_ring_in(directories.start({}), directories.scene().path("run/rusage-bpf/"));
  }
  SECTION("not there") {
    fs::remove(directories.scene().path("home"));
    directories.check_ring_in(directories.start({}), directories.scene().path("run/rusage-bpf/"));
    CHECK_FALSE(directories.scene().exists("home"));
  }
}

TEST_CASE("If the state directory cannot be written, the ring is in the home", "[host]") {
  const RingDirectories directories;
  directories.scene().create("file");
  Start start = directories.start({});
  start.environment["XDG_STATE_HOME"] = directories.scene().path("file");
  directories.check_ring_in(start, directories.scene().path("home/.local/state/rusage-bpf/"));
}

TEST_CASE("Without a home the ring is elsewhere, and nothing is made in the root directory", "[host]") {
  const RingDirectories directories;
  give_to_nobody(directories.scene().path("run"));
  const bool root_has_local = fs::exists("/.local");
  Start start = directories.start({});
  start.environment["HOME"] = GENERATE("/", "//", "relative", "");
  start.environment["XDG_RUNTIME_DIR"] = GENERATE("", "relative", "/nonexistent");
  const auto recorded = directories.record(start);
  const std::string ring = announced_ring(recorded.errors);
  CHECK((ring.starts_with("/root/.local/state/") || ring.starts_with("/run/user/0/") ||
         ring.starts_with("/tmp/rusage-bpf-0-")));
  CHECK(fs::exists("/.local") == root_has_local);
}

TEST_CASE("A ring is smaller if there is less space than for an hour of rows", "[host]") {
  const RingDirectories directories;
  const auto recorded = directories.record(directories.start([] {
    const rlimit limit{1 << 20, 1 << 20};
    if (setrlimit(RLIMIT_FSIZE, &limit) != 0) _exit(95);
  }));
  INFO(recorded.errors);
  CHECK_THAT(announced_ring(recorded.errors), Catch::StartsWith(directories.scene().path("home/")));
  CHECK_THAT(recorded.errors, Contains("has room for the newest"));
  CHECK(recorded.document["audit"]["ring_error"].is_null());
}

TEST_CASE("Without space for a ring the command is recorded, and one message says so", "[host]") {
  const RingDirectories directories;
  const auto recorded = directories.record(directories.start([] {
    const rlimit no_files{16384, 16384};
    if (setrlimit(RLIMIT_FSIZE, &no_files) != 0) _exit(95);
  }));
  INFO(recorded.errors);
  CHECK(announced_ring(recorded.errors).empty());
  const std::string said = "recording without a recovery ring";
  CHECK_THAT(recorded.errors, Contains(said) && Contains("File too large"));
  CHECK(recorded.errors.find(said) == recorded.errors.rfind(said));
  CHECK_THAT(recorded.document["audit"]["ring_error"].get<std::string>(), Contains("File too large"));
}

TEST_CASE("A quota that a ring would exceed is found before the command runs", "[host]") {
  const RingDirectories directories;
  // The size of a file system stands for a quota here: the allocation finds both.
  directories.check_ring_in(directories.start(
                                [] {
                                  if (!unshare_mounts() || !mount_tmpfs("home", "size=6m")) _exit(98);
                                },
                                {"-i", ".001"}),
                            directories.scene().path("run/rusage-bpf/"));
}

TEST_CASE("A ring with a given name that cannot be made is an error before the command", "[host]") {
  const Refusal refusal;
  Start start = refusal.scene().recorder({"--ring", "dir/ring", "--", "sh", "script"});
  fs::create_directory(refusal.scene().path("dir"));
  SECTION("read-only") {
    start.prepare = [] {
      if (!unshare_mounts() || !make_read_only("dir")) _exit(98);
    };
    refusal.check(start, 125, {"dir/ring", "Read-only file system"});
  }
  SECTION("a limit on the size of files") {
    start.prepare = [] {
      const rlimit limit{1 << 20, 1 << 20};
      if (setrlimit(RLIMIT_FSIZE, &limit) != 0) _exit(95);
    };
    refusal.check(start, 125, {"dir/ring", "File too large", "--ring-rows"});
  }
}

TEST_CASE("The ring's size follows the interval, from 4 to 64 MiB", "[host]") {
  const Scene scene("stat -c %s .local/state/rusage-bpf/*.ring >size");
  const auto mib = [&](const char *interval) {
    CHECK(run_to_end(scene.recorder({"-q", "-i", interval, "-o", "out.json", "--", "sh", "script"})).exit_code == 0);
    return std::stoull(scene.text("size")) >> 20;
  };
  CHECK(mib("10") == 4);
  CHECK(mib(".1") >= 7);
  CHECK(mib(".1") <= 9);
  CHECK(mib(".001") >= 63);
  CHECK(mib(".001") <= 64);
}

TEST_CASE("A ring on a file system in memory has the minimum size", "[host]") {
  const Scene scene("stat -c %s home/.local/state/rusage-bpf/*.ring >size");
  fs::create_directory(scene.path("home"));
  Start start = scene.recorder({"-q", "-i", ".001", "-o", "out.json", "--", "sh", "script"});
  start.environment["HOME"] = scene.path("home");
  start.prepare = [] {
    if (!unshare_mounts() || !mount_tmpfs("home", "size=300m")) _exit(98);
  };
  CHECK(run_to_end(start).exit_code == 0);
  CHECK(std::stoull(scene.text("size")) >> 20 == 4);
}

TEST_CASE("Forty recorders at once have forty rings, in less than half a GiB", "[host]") {
  const Scene scene(": >ran.$$; n=0; while [ ! -e stop ] && [ $n != 400 ]; do n=$((n+1)); sleep .1; done");
  constexpr std::size_t count = 40;
  std::vector<std::unique_ptr<Background>> recorders;
  for (std::size_t i = 0; i < count; i++)
    recorders.push_back(std::make_unique<Background>(
        scene.recorder({"-q", "--backend", "proc", "-o", std::to_string(i) + ".json", "--", "sh", "script"})));
  const auto rings = [&] {
    std::vector<fs::path> rings;
    const fs::path directory = scene.path(".local/state/rusage-bpf");
    if (fs::exists(directory))
      for (const auto &entry : fs::directory_iterator(directory)) rings.push_back(entry.path());
    return rings;
  };
  wait_until("forty rings", [&] { return rings().size() == count; });
  std::uint64_t bytes = 0;
  for (const auto &ring : rings()) bytes += fs::file_size(ring);
  CHECK(bytes < std::uint64_t{512} << 20);
  scene.create("stop");
  for (auto &recorder : recorders) CHECK(recorder->wait().exit_code == 0);
  CHECK(rings().empty());
}

TEST_CASE("Recorders with one pid, in two pid namespaces, have two rings", "[host]") {
  const Scene scene(": >ran.$1; n=0; while [ ! -e stop ] && [ $n != 400 ]; do n=$((n+1)); sleep .05; done");
  const auto start = [&](const std::string &name) {
    Start start = scene.recorder({"-i", ".01", "-o", name + ".ndjson", "--", "sh", "script", name});
    start.argv.insert(start.argv.begin(), {"unshare", "--pid", "--fork", "--mount-proc", "--kill-child"});
    return start;
  };
  Background first(start("first"));
  Background second(start("second"));
  test::wait_for_rows(scene.path("first.ndjson"), 1);
  test::wait_for_rows(scene.path("second.ndjson"), 1);
  wait_for_announcement(first);
  wait_for_announcement(second);
  const std::string one = announced_ring(first.errors());
  const std::string two = announced_ring(second.errors());
  CHECK(one != two);
  CHECK(fs::exists(one));
  CHECK(fs::exists(two));
  scene.create("stop");
  CHECK(first.wait().exit_code == 0);
  CHECK(second.wait().exit_code == 0);
  CHECK_FALSE(fs::exists(one));
  CHECK_FALSE(fs::exists(two));
}

TEST_CASE("A ring that is removed or cut short does not harm the recording", "[host]") {
  const std::string harm = GENERATE("rm .local/state/rusage-bpf/*.ring", "truncate -s 0 .local/state/rusage-bpf/*.ring",
                                    "truncate -s 20000 .local/state/rusage-bpf/*.ring", "rm -r .local",
                                    "mv .local/state/rusage-bpf/*.ring elsewhere");
  CAPTURE(harm);
  const Scene scene("sleep .1; " + harm + "; sleep .1; exit 5");
  const Finished finished = run_to_end(scene.recorder({"-i", ".01", "-o", "out.json", "--", "sh", "script"}));
  INFO(finished.errors);
  CHECK(finished.exit_code == 5);
  scene.check_recording(5, nullptr);
  const auto document = read_json(scene.path("out.json"));
  CHECK(document["samples"].size() > 10);
  CHECK(document["audit"]["ring_error"].is_string());
  const std::string said = document["audit"]["ring_error"];
  CHECK_THAT(finished.errors, Contains(said));
  CHECK(finished.errors.find(said) == finished.errors.rfind(said));
}

TEST_CASE("A ring with a given name that is cut short does not harm the recording", "[host]") {
  const Scene scene("sleep .1; truncate -s 0 ring; sleep .1; exit 5");
  const Finished finished =
      run_to_end(scene.recorder({"-q", "-i", ".01", "--ring", "ring", "-o", "out.json", "--", "sh", "script"}));
  CHECK(finished.exit_code == 5);
  CHECK_THAT(finished.errors, Contains("was cut short"));
  scene.check_recording(5, nullptr);
}

TEST_CASE("A file that another process puts at the ring's path is kept", "[host]") {
  const Scene scene("set -- .local/state/rusage-bpf/*.ring; rm \"$1\"; echo mine >\"$1\"; echo \"$1\" >name");
  CHECK(run_to_end(scene.recorder({"-i", ".01", "-o", "out.json", "--", "sh", "script"})).exit_code == 0);
  std::string name = scene.text("name");
  name.pop_back();
  CHECK(scene.text(name) == "mine\n");
}

TEST_CASE("An output that is the ring, by any path, is an error before the command", "[host]") {
  const Refusal refusal;
  const Scene &scene = refusal.scene();
  const auto check = [&](const std::string &output, const std::string &ring) {
    CAPTURE(output, ring);
    refusal.check({"-o", output, "--ring", ring, "--", "sh", "script"}, 125, {"are the same file"});
  };
  fs::create_directory(scene.path("dir"));
  fs::create_symlink("x.json", scene.path("link.json"));
  fs::create_symlink("dir", scene.path("dirlink"));
  fs::create_symlink("../x.json", scene.path("dir/up.json"));
  check("x.json", "x.json");
  check("x.json", "./x.json");
  check("./dir/../x.json", "x.json");
  check("x.json", scene.path("x.json"));
  check("/proc/self/cwd/x.json", "x.json");
  check("link.json", "x.json");
  check("dirlink/up.json", "x.json");
  check("dirlink/y.json", "dir/y.json");
}

TEST_CASE("An output that is an existing ring is an error too", "[host]") {
  const Scene scene(": >ran");
  REQUIRE(run_to_end(scene.recorder({"-q", "--ring", "x.json", "-o", "out.json", "--", "true"})).exit_code == 0);
  fs::create_hard_link(scene.path("x.json"), scene.path("hard.json"));
  const std::string before = scene.text("x.json");
  const std::string output = GENERATE("hard.json", "/proc/self/cwd/x.json", "x.json");
  const Finished finished = run_to_end(scene.recorder({"--ring", "x.json", "-o", output, "--", "sh", "script"}));
  CHECK(finished.exit_code == 125);
  check_line(finished.errors, {"are the same file"});
  const Finished recovered = run_to_end(scene.recorder({"recover", "x.json", "-o", output}));
  CHECK(recovered.exit_code == 2);
  check_line(recovered.errors, {"is the ring itself"});
  CHECK(scene.text("x.json") == before);
  CHECK_FALSE(scene.exists("ran"));
}

}  // namespace
}  // namespace ring_places_test
