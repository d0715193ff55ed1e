#include "support/users.h"

#include <grp.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>
#include <filesystem>
#include <memory>
#include <stdexcept>

#include "support/attached.h"

namespace test {

void become_nobody() {
  if (setgroups(0, nullptr) != 0 || setresgid(nobody, nobody, nobody) != 0 || setresuid(nobody, nobody, nobody) != 0)
    _exit(98);
}

void become_capable_nobody() {
  constexpr std::array needed{CAP_BPF, CAP_PERFMON};
  prctl(PR_SET_KEEPCAPS, 1);
  become_nobody();
  const std::unique_ptr<std::remove_pointer_t<cap_t>, int (*)(void *)> caps(cap_init(), cap_free);
  for (const cap_flag_t set : {CAP_PERMITTED, CAP_EFFECTIVE, CAP_INHERITABLE})
    cap_set_flag(caps.get(), set, needed.size(), needed.data(), CAP_SET);
  if (cap_set_proc(caps.get()) != 0) _exit(98);
  for (const cap_value_t one : needed)
    if (cap_set_ambient(one, CAP_SET) != 0) _exit(98);
}

Start with_file_capabilities(const Scene &scene, Start recorder) {
  const std::string copy = scene.path("rusage-bpf");
  if (!std::filesystem::exists(copy)) std::filesystem::copy_file(recorder.argv[0], copy);
  give_to_nobody(scene.path());
  const std::unique_ptr<std::remove_pointer_t<cap_t>, int (*)(void *)> caps(cap_from_text("cap_bpf,cap_perfmon=ep"),
                                                                            cap_free);
  if (!caps || cap_set_file(copy.c_str(), caps.get()) != 0) throw std::runtime_error("giving capabilities to " + copy);
  recorder.argv[0] = "./rusage-bpf";
  recorder.prepare = [prepare = recorder.prepare] {
    become_nobody();
    if (prepare) prepare();
  };
  return recorder;
}

void give_to_nobody(const std::string &path) {
  if (chown(path.c_str(), nobody, nobody) != 0) throw std::runtime_error("chown " + path);
}

Start with_sudo(Start start) {
  start.environment["SUDO_UID"] = std::to_string(nobody);
  start.environment["SUDO_GID"] = std::to_string(nobody);
  return start;
}

NobodysDirectory::NobodysDirectory(const std::string &program) {
  std::filesystem::copy_file(built("rusage-bpf"), scene_.path("rusage-bpf"));
  if (!program.empty()) std::filesystem::copy_file(built("tests/programs/" + program), scene_.path(program));
  give_to_nobody(scene_.path());
}

Start NobodysDirectory::recorder(std::vector<std::string> arguments) const {
  Start start = scene_.recorder(std::move(arguments));
  start.argv[0] = "./rusage-bpf";
  start.prepare = become_nobody;
  return start;
}

Document NobodysDirectory::record(std::vector<std::string> options, const std::vector<std::string> &command) const {
  options.insert(options.end(), {"-q", "-o", "out.json", "--"});
  options.insert(options.end(), command.begin(), command.end());
  const Finished finished = run_to_end(recorder(options));
  INFO(finished.errors);
  CHECK(finished.errors.empty());
  REQUIRE(finished.exit_code == 0);
  return read_document(scene_);
}

}  // namespace test
