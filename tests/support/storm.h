// A fork storm that runs during a test: see programs/running_storm.cpp.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <thread>
#include <vector>

#include "programs/running_storm.h"
#include "support/background.h"
#include "support/document.h"
#include "support/process.h"

namespace test {

struct StormSize {
  std::uint64_t workers = 2;
  std::uint64_t cpu_us = 1000;  // of each short-lived child
  std::uint64_t stay_every = 0;
};

// Memory that the storm and the test share.
class StormBoard {
 public:
  StormBoard();
  ~StormBoard();
  StormBoard(const StormBoard &) = delete;
  StormBoard &operator=(const StormBoard &) = delete;

  [[nodiscard]] workload::Board &operator*() const { return *board_; }
  [[nodiscard]] workload::Board *operator->() const { return board_; }
  // The command line of the storm.
  [[nodiscard]] std::vector<std::string> argv(const StormSize &size) const;

 private:
  TemporaryDirectory directory_;
  workload::Board *board_;
};

class Storm {
 public:
  explicit Storm(const StormSize &size);

  [[nodiscard]] pid_t pid() const { return process_.pid(); }
  [[nodiscard]] const workload::Board &board() const { return *board_; }
  // Returns after this many more short-lived children.
  void pass(std::uint64_t children) const;
  // Pauses the storm, and continues it.
  void pause();
  void go_on();
  // Lets it end.
  void stop();

 private:
  StormBoard board_;
  std::uint64_t workers_;
  Background process_;
};

// The storm's count at a time.
struct Sample {
  std::string time;  // as in a row
  std::uint64_t least;
  std::uint64_t most;
};

// Takes a sample every millisecond during its lifetime.
class Sampler {
 public:
  explicit Sampler(const workload::Board &board);
  std::vector<Sample> finish();

 private:
  std::vector<Sample> samples_;
  std::jthread thread_;
};

// Checks that the writes up to each row are between the storm's counts at the row before and at this one: the recorder
// sampled between them.
void check_writes_in_each_row(const Document &document, const std::vector<Sample> &samples,
                              std::int64_t before_first_row);

}  // namespace test
