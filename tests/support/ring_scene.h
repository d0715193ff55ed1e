// Recorders with a recovery ring, for the tests of rings.
#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "support/background.h"
#include "support/scene.h"

namespace test {

// A script that waits until the file `stop` exists, for at most 20 s.
inline constexpr const char *until_stopped =
    ": >ran; n=0; while [ ! -e stop ] && [ $n != 400 ]; do n=$((n+1)); sleep .05; done";

// The message with the path of the ring, and that path; empty if there is none.
inline constexpr const char *ring_announcement = "after a crash, run: rusage-bpf recover ";
std::string announced_ring(const std::string &errors);
// A thread of the recorder writes messages, so the announcement may come after the first row.
void wait_for_announcement(const Background &recorder);

// Records the script with the arguments, kills the recorder after its first row, and returns the path of its ring.
std::string record_and_kill(const Scene &scene);

// A command with exit status 5, and directories for its recorder's home, XDG_RUNTIME_DIR and XDG_STATE_HOME.
class RingDirectories {
 public:
  RingDirectories();

  [[nodiscard]] const Scene &scene() const { return scene_; }
  [[nodiscard]] Start start(std::function<void()> prepare, std::vector<std::string> options = {}) const;

  struct Recorded {
    std::string errors;
    nlohmann::json document;
  };
  [[nodiscard]] Recorded record(const Start &start) const;
  // Checks that the ring was in `directory`, got all rows, and was removed.
  void check_ring_in(const Start &start, const std::string &directory) const;

 private:
  Scene scene_{"exit 5"};
};

// A state directory with rings of the user nobody: `recover --prune` removes all rings of a user, and root may have
// real ones.
class StateDirectory {
 public:
  StateDirectory();

  [[nodiscard]] Start recorder(const std::vector<std::string> &arguments) const;
  // Makes a file beside the rings.
  void create(const std::string &name, const std::string &text = "") const;

  [[nodiscard]] const Scene &scene() const { return scene_; }
  [[nodiscard]] static std::string in_state(const std::string &name);
  [[nodiscard]] std::set<std::string> files() const;
  // Makes a complete ring that is kept, and its document.
  void record(const std::string &ring, const std::string &output) const;
  // Makes a ring whose recorder was killed. Its CSV does not describe the recording.
  void record_and_kill(const std::string &ring) const;
  // The output of `recover --prune`.
  [[nodiscard]] std::string prune(std::vector<std::string> arguments = {}) const;

 private:
  Scene scene_{until_stopped};
};

}  // namespace test
