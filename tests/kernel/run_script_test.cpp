// tools/run in a checkout that is built.
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>

#include "support/background.h"
#include "support/scene.h"
#include "support/users.h"

namespace run_script_test {
namespace {

using namespace test;
namespace fs = std::filesystem;

TEST_CASE("tools/run records by /proc for a user without sudo, or if sudo refuses", "[host]") {
  const Scene scene;
  give_to_nobody(scene.path());
  fs::create_directory(scene.path("bin"));
  for (const char *name : {"bash", "dirname", "id", "realpath", "true"})
    fs::create_symlink(fs::path("/usr/bin") / name, scene.path("bin/") + name);
  if (GENERATE(false, true)) {
    scene.create("bin/sudo", "#!/usr/bin/bash\necho no >&2; exit 1\n");
    fs::permissions(scene.path("bin/sudo"), fs::perms::owner_all | fs::perms::others_all);
  }
  const Finished finished =
      run_to_end({.argv = {fs::absolute(built("../tools/run")), "-q", "-o", "out.json", "--", "true"},
                  .directory = scene.path(),
                  .environment = {{"PATH", scene.path("bin")}},
                  .prepare = become_nobody});
  INFO(finished.errors);
  CHECK(finished.exit_code == 0);
  CHECK(read_json(scene.path("out.json"))["meta"]["backend"] == "proc");
}

}  // namespace
}  // namespace run_script_test
