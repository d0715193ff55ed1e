// A recorder that refuses to record: its message, and that it did nothing.
#pragma once

#include <string>
#include <vector>

#include "support/background.h"
#include "support/scene.h"

namespace test {

inline constexpr const char *earlier = "an earlier recording";

// A command that shows whether it ran, and an earlier recording.
class Refusal {
 public:
  Refusal() { scene_.create("rusage.json", earlier); }

  [[nodiscard]] const Scene &scene() const { return scene_; }

  // Checks that this ends with the status and one line with these words, without having run the
  // command, and that all files are as before.
  void check(const Start &start, int status, const std::vector<std::string> &words) const;
  // The same for a recorder with these options.
  void check(std::vector<std::string> options, int status, const std::vector<std::string> &words) const;

 private:
  Scene scene_{": >ran; echo ran"};
};

}  // namespace test
