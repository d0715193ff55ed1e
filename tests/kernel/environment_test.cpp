// The command gets the environment and limits of the user, even if an exec gave the recorder privileges: then the
// dynamic loader and the kernel remove some of them.
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>
#include <string>

#include "support/background.h"
#include "support/scene.h"
#include "support/users.h"

using namespace test;

namespace {

// Becomes the program with an environment that no shell would make: names twice, without a value, without a name.
[[noreturn]] void execute_with_odd_environment(const std::vector<std::string> &argv) {
  std::vector<char *> arguments;
  for (const std::string &argument : argv) arguments.push_back(const_cast<char *>(argument.c_str()));
  arguments.push_back(nullptr);
  std::array<const char *, 16> entries{"B=1",
                                       "LD_LIBRARY_PATH=/nowhere:$ORIGIN",
                                       "A=",
                                       "no equals sign",
                                       "",
                                       "=nameless",
                                       "TMPDIR=/nowhere/at all",
                                       "GLIBC_TUNABLES=glibc.malloc.check=1",
                                       "LD_PRELOAD=",
                                       "LOCPATH=/nowhere\xff",
                                       "MALLOC_ARENA_MAX=1",
                                       "PATH=/usr/bin:/bin",
                                       "B=2",
                                       "HOME=.",
                                       "RESOLV_HOST_CONF=/nowhere",
                                       nullptr};
  execvpe(arguments[0], arguments.data(), const_cast<char **>(entries.data()));
  _exit(99);
}

std::string environment_of_command(Start start) {
  start.prepare = [start] {
    if (start.prepare) start.prepare();
    execute_with_odd_environment(start.argv);
  };
  const Finished finished = run_to_end(start);
  CHECK(finished.exit_code == 0);
  CHECK(finished.errors.empty());
  return finished.output;
}

const std::vector<std::string> shows_environment{"/bin/cat", "/proc/self/environ"};

}  // namespace

TEST_CASE("The command's environment is the user's, in the same order and with the same bytes", "[host]") {
  const Scene scene;
  Start start = scene.recorder({"-q", "-o", "out.json", "--", "cat", "/proc/self/environ"});
  Start direct{.argv = shows_environment, .directory = scene.path()};
  SECTION("to a recorder of root's") {}
  SECTION("to one with file capabilities") {
    start = with_file_capabilities(scene, start);
    direct.prepare = become_nobody;
  }
  const std::string given = environment_of_command(direct);
  CHECK(given.find("no equals sign") != std::string::npos);
  CHECK(environment_of_command(start) == given);
  scene.check_recording(0, nullptr);
}

TEST_CASE("A recorder with file capabilities gives its own stack limit to the command") {
  const Scene scene("ulimit -Ss; ulimit -Hs");
  Start start = with_file_capabilities(scene, scene.recorded_script());
  start.argv.insert(start.argv.begin(), {"sh", "-c", "ulimit -Ss 123456; \"$@\"; exit $?", "sh"});
  const rlimit most{RLIM_INFINITY, RLIM_INFINITY};
  start.prepare = [prepare = start.prepare, most] {
    if (setrlimit(RLIMIT_STACK, &most) != 0) _exit(98);
    prepare();
  };
  const Finished finished = run_to_end(start);
  CHECK(finished.output == "123456\nunlimited\n");
  scene.check_recording(0, nullptr);
}
