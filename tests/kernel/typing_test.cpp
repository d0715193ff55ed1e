// A command of another user may not type into the terminal of the recorder's user.
#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "support/scene.h"
#include "support/screen.h"
#include "support/terminal.h"
#include "support/users.h"

using namespace test;
using Catch::Matchers::Contains;

namespace {

Start as_nobody_in_terminal(const Scene &scene, std::vector<std::string> command) {
  give_to_nobody(scene.path());
  command.insert(command.begin(), {"-q", "-o", "out.json", "--user", "nobody", "--"});
  return scene.recorder(std::move(command));
}

std::string copy_for_all(const Scene &scene, const std::string &program) {
  const std::string copy = scene.path(program);
  std::filesystem::copy_file(built("tests/programs/" + program), copy);
  return copy;
}

bool kernel_types() {
  int on = 1;
  std::ifstream("/proc/sys/dev/tty/legacy_tiocsti") >> on;
  return on != 0;
}

}  // namespace

TEST_CASE("A command of another user cannot type into the terminal, in no way", "[host]") {
  const Scene scene;
  const std::string types = copy_for_all(scene, "types");
  give_to_nobody(scene.path());
  // Without the recorder it could.
  Start direct{.argv = {types}, .directory = scene.path(), .prepare = become_nobody};
  if (kernel_types()) CHECK_THAT(Terminal(direct).wait().output, Contains("ioctl: typed"));

  const Finished finished = Terminal(as_nobody_in_terminal(scene, {types})).wait();
  CHECK(finished.exit_code == 0);
  CHECK_THAT(finished.output, Contains("ioctl: refused") && !Contains("typed"));
}

TEST_CASE("A setuid program that another user's command runs is still one, and cannot type either", "[host]") {
  const Scene scene("grep NoNewPrivs /proc/self/status; exec ./actor root exec $PWD/types");
  const std::string actor = copy_for_all(scene, "actor");
  copy_for_all(scene, "types");
  REQUIRE(chmod(actor.c_str(), 04755) == 0);
  const Finished finished = Terminal(as_nobody_in_terminal(scene, {"sh", "script"})).wait();
  CHECK(finished.exit_code == 0);  // actor has become root
  CHECK_THAT(finished.output, Contains("NoNewPrivs:\t0") && Contains("ioctl: refused") && !Contains("typed"));
}

TEST_CASE("A command without a terminal, or of the same user, has no filter", "[host]") {
  const Scene scene("grep Seccomp: /proc/self/status");
  const Finished without_terminal = run_to_end(as_nobody_in_terminal(scene, {"sh", "script"}));
  CHECK(without_terminal.output == "Seccomp:\t0\n");
  const Finished of_same_user = Terminal(scene.recorded_script()).wait();
  CHECK_THAT(of_same_user.output, Contains("Seccomp:\t0"));
}
