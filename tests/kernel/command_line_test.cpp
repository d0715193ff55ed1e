// The command line from end to end: exit statuses, messages and files.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <filesystem>

#include "support/background.h"
#include "support/mounts.h"
#include "support/refusal.h"
#include "support/scene.h"
#include "support/users.h"

namespace {

using namespace test;
using Arguments = std::vector<std::string>;

}  // namespace

TEST_CASE("The exit status is the command's own", "[host]") {
  const int status = GENERATE(0, 3, 255);
  const Scene scene(fmt::format("exit {}", status));
  CHECK(run_to_end(scene.recorded_script()).exit_code == status);
  scene.check_recording(status, nullptr);
}

TEST_CASE("The exit status of a command killed by signal N is 128 + N", "[host]") {
  const int signal = GENERATE(SIGHUP, SIGKILL, SIGUSR1, SIGTERM);
  const Scene scene(fmt::format("kill -{} $$", signal));
  CHECK(run_to_end(scene.recorded_script()).exit_code == 128 + signal);
  scene.check_recording(nullptr, signal);
}

TEST_CASE("A command that cannot be executed is named, and leaves an earlier recording alone", "[host]") {
  const Refusal refusal;
  const Scene &scene = refusal.scene();
  scene.create("no-program", "exit 0\n");
  const auto check = [&](const std::string &command, int status) {
    refusal.check(scene.recorder({"--", command}), status, {command});
  };
  check("no-such-command", 127);
  check("./no-such-file", 127);
  check("./no-program/below-a-file", 127);
  check("./no-program", 126);
  check(scene.path(), 126);
}

TEST_CASE("A missing interpreter of a script or a program is named", "[host]") {
  const auto refused = [](const std::string &text, const std::string &interpreter) {
    const Scene scene;
    scene.create("program", text);
    std::filesystem::permissions(scene.path("program"), std::filesystem::perms::owner_all);
    const Finished finished = run_to_end(scene.recorder({"--", "./program"}));
    CHECK(finished.exit_code == 127);
    check_line(finished.errors, {"./program: its interpreter " + interpreter + " is not found"});
  };
  refused("#!/no/such/shell -e\n", "/no/such/shell");
  refused("#! no-such-shell", "no-such-shell");
  // A program, whose dynamic loader gets a name of the same length.
  std::string program = read_file(std::filesystem::absolute(built("tests/programs/touch")));
  const std::size_t at = program.find("/lib");
  REQUIRE(at != std::string::npos);
  program.replace(at, 4, "/nil");
  refused(program, program.c_str() + at);
}

TEST_CASE("Wrong options are refused with a line that says what to do instead", "[host]") {
  const Refusal refusal;
  for (const char *interval : {"0", "-1", "abc", "1e9", "nan", ".00009", "3601", "1s", "", " 1"})
    refusal.check({"--interval", interval}, 125,
                  {fmt::format("--interval {}:", interval), "give seconds between .0001 and 3600"});
  refusal.check({"--bogus"}, 125, {"--bogus", "see rusage-bpf --help"});
  refusal.check({"--interval"}, 125, {"--interval", "see rusage-bpf --help"});
  refusal.check({"--output"}, 125, {"--output", "see rusage-bpf --help"});
  refusal.check({"-o", "rows.txt"}, 125, {"rows.txt", "must end in .json"});

  const Scene &scene = refusal.scene();
  for (const Arguments &nothing : {Arguments{}, Arguments{"--"}, Arguments{"-q", "--"}})
    refusal.check(scene.recorder(nothing), 125, {"no command", "rusage-bpf -- "});
  refusal.check(scene.recorder({"sh", "script"}), 125, {"sh", "--"});
}

TEST_CASE("An output that cannot be written is named before the command starts", "[host]") {
  const Refusal refusal;
  const Scene &scene = refusal.scene();
  std::filesystem::create_directory(scene.path("directory.json"));
  std::filesystem::create_symlink("missing/out.json", scene.path("link.json"));
  for (const std::string output :
       {"missing/out.json", "script/out.json", "/sys/out.json", "directory.json", "link.json", "/dev/fd/77"}) {
    refusal.check({"-o", output}, 125, {output + ": "});
    refusal.check({"-o", "first.json", "-o", output}, 125, {output + ": "});
  }
}

TEST_CASE("A full disk does not harm the command, is reported, and leaves no incomplete file", "[host]") {
  // The command runs until the recorder has given up its output.
  const Scene scene(
      "n=0; while ls -l /proc/$PPID/fd | grep -q 'small/#' && [ $n != 400 ]; do n=$((n+1)); sleep "
      ".05; done; "
      "[ $n != 400 ] && echo whole");
  std::filesystem::create_directory(scene.path("small"));
  scene.create("outer", fmt::format("echo '{}' >small/out.json; \"$@\"; status=$?; "
                                    "ls -A small >left; cat small/* >text; exit $status",
                                    earlier));
  Start start = scene.recorder({"-q", "-i", ".001", "-o", "small/out.json", "--", "sh", "script"});
  start.argv.insert(start.argv.begin(), {"sh", "outer"});
  start.prepare = [] {
    if (!unshare_mounts() || mount("small", "small", "tmpfs", 0, "size=64k") != 0) _exit(98);
  };
  const Finished finished = run_to_end(start);
  CHECK(finished.exit_code == 125);
  CHECK(finished.output == "whole\n");
  check_line(finished.errors, {"small/out.json: No space left on device"});
  CHECK(scene.text("left") == "out.json\n");
  CHECK(scene.text("text") == earlier + std::string("\n"));
}

TEST_CASE("A closed reader is an error and not a signal, for all commands that only print", "[host]") {
  const Scene scene;
  const Arguments record{"-q", "--ring", "ring", "-o", "out.json", "--", "true"};
  REQUIRE(run_to_end(scene.recorder(record)).exit_code == 0);
  const Arguments arguments = GENERATE(values<Arguments>({{"recover", "ring", "-q", "-o", "-"},
                                                          {"convert", "out.json", "-o", "-"},
                                                          {"report", "out.json", "-o", "-.html"},
                                                          {"compare", "out.json", "out.json"},
                                                          {"schema"},
                                                          {"compare", "--help"}}));
  Start start = scene.recorder(arguments);
  // A pipe whose reader has closed it.
  const std::string unread = "mkfifo pipe; (exec 3<pipe) & exec 4>pipe; wait; exec \"$@\" >&4";
  start.argv.insert(start.argv.begin(), {"sh", "-c", unread, "sh"});
  const Finished finished = run_to_end(start);
  INFO(fmt::format("{}", fmt::join(arguments, " ")));
  CHECK(finished.exit_code == 1);
  check_line(finished.errors, {"standard output: Broken pipe"});
}

TEST_CASE("An output whose reader closes changes neither the other outputs nor the exit status", "[host]") {
  const Scene scene("sleep .1; echo whole >text; exit 3");
  Start start = scene.recorder({"-q", "-o", "-", "-o", "out.json", "--", "sh", "script"});
  // The last line of the shell: the exit status of the recorder.
  start.argv.insert(start.argv.begin(), {"sh", "-c", "{ \"$@\"; echo $? >status; } | true", "sh"});
  const Finished finished = run_to_end(start);
  wait_until("the recorder's end", [&] { return scene.exists("status"); });
  check_line(finished.errors, {"standard output: Broken pipe"});
  CHECK(scene.text("status") == "3\n");
  CHECK(scene.text("text") == "whole\n");
  scene.check_recording(3, nullptr);
}

TEST_CASE("The summary is on standard error, and -q leaves it out", "[host]") {
  const Scene scene("echo whole; exit 3");
  const Finished loud = run_to_end(scene.recorder({"--", "sh", "script"}));
  CHECK(loud.output == "whole\n");
  INFO(loud.errors);
  for (const char *line : {"\nsh script: exit 3 after ", "\n  CPU  ", "\n  memory  ", "\n  processes  ", "\n  I/O  ",
                           "\n  switches  ", "\n  audit  ", "\n  rows  "})
    CHECK(loud.errors.find(line) != std::string::npos);
  CHECK(loud.errors.find(" in rusage.json\n") != std::string::npos);
  CHECK(scene.exists("rusage.json"));

  CHECK(run_to_end(scene.recorder({"-q", "-o", "2.json", "--", "sh", "script"})).errors.empty());
}

TEST_CASE("The document can go to standard output", "[host]") {
  const Scene scene;
  const Finished finished = run_to_end(scene.recorder({"-q", "-o", "-", "--", "sh", "script"}));
  const auto document = nlohmann::json::parse(finished.output);
  CHECK(document["meta"]["exit_code"] == 0);
  CHECK(scene.files() == std::set<std::string>{"script"});
}

TEST_CASE("Two outputs of one format are equal files", "[host]") {
  const Scene scene;
  CHECK(run_to_end(scene.recorder({"-o", "out.json", "-o", "2.json", "--", "sh", "script"})).exit_code == 0);
  scene.check_recording(0, nullptr);
  CHECK(scene.text("out.json") == scene.text("2.json"));
}

TEST_CASE("Under sudo the output belongs to the caller, who must be able to write it", "[host]") {
  const Refusal refusal;
  const Scene &scene = refusal.scene();
  std::filesystem::create_directory(scene.path("roots"));
  give_to_nobody(scene.path());
  refusal.check(with_sudo(scene.recorder({"-o", "roots/out.json", "--", "sh", "script"})), 125,
                {"roots/out.json: Permission denied"});
  refusal.check(with_sudo(scene.recorder({"-o", "rusage.json", "--", "sh", "script"})), 125,
                {"rusage.json: Permission denied"});
  Start elsewhere = with_sudo(scene.recorder({"--", "true"}));
  elsewhere.directory = scene.path("roots");
  refusal.check(elsewhere, 125, {"rusage.json: Permission denied", "name a file elsewhere with -o"});

  CHECK(run_to_end(with_sudo(scene.recorded_script())).exit_code == 0);
  scene.check_recording(0, nullptr);
  struct stat is {};
  REQUIRE(stat(scene.path("out.json").c_str(), &is) == 0);
  CHECK(is.st_uid == nobody);
  CHECK(is.st_gid == nobody);
}

TEST_CASE("CAP_BPF and CAP_PERFMON are enough") {
  const Scene scene;
  Start start = scene.recorded_script(become_capable_nobody);
  std::filesystem::copy_file(start.argv[0], scene.path("rusage-bpf"));
  start.argv[0] = "./rusage-bpf";
  give_to_nobody(scene.path());
  const Finished finished = run_to_end(start);
  INFO(finished.errors);
  CHECK(finished.exit_code == 0);
  scene.check_recording(0, nullptr);
}

TEST_CASE("Help and the version are printed without a command", "[host]") {
  const std::string option = GENERATE("--help", "--version");
  const Scene scene;
  const Finished finished = run_to_end(scene.recorder({option}));
  CHECK(finished.exit_code == 0);
  CHECK(finished.output.find("rusage-bpf") != std::string::npos);
  CHECK(finished.errors.empty());
}
