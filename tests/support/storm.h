// A fork storm that a test watches while it goes on: see programs/running_storm.cpp.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "programs/running_storm.h"
#include "support/background.h"
#include "support/process.h"

namespace test {

class Storm {
 public:
  struct Size {
    std::uint64_t workers = 2;
    std::uint64_t cpu_us = 1000;  // of each short-lived child
    std::uint64_t stay_every = 0;
  };
  explicit Storm(const Size &size);
  ~Storm();
  Storm(const Storm &) = delete;
  Storm &operator=(const Storm &) = delete;

  [[nodiscard]] pid_t pid() const { return process_->pid(); }
  [[nodiscard]] const workload::Board &board() const { return *board_; }
  // Returns after so many more short-lived children.
  void pass(std::uint64_t children) const;
  // Lets it stand still, and go on.
  void hold();
  void go_on();
  // Lets it end.
  void stop();

 private:
  TemporaryDirectory directory_;
  workload::Board *board_;
  std::uint64_t workers_;
  std::optional<Background> process_;
};

// What the storm had counted, and when.
struct Sample {
  std::string time;  // as in a row
  std::uint64_t least;
  std::uint64_t most;
};

// Takes a sample every millisecond while it lives.
class Sampler {
 public:
  explicit Sampler(const workload::Board &board);
  std::vector<Sample> finish();

 private:
  std::vector<Sample> samples_;
  std::jthread thread_;
};

}  // namespace test
