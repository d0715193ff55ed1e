// A fork storm that a test watches while it goes on: see programs/running_storm.cpp.
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

// What a storm and the test share.
class StormBoard {
 public:
  StormBoard();
  ~StormBoard();
  StormBoard(const StormBoard &) = delete;
  StormBoard &operator=(const StormBoard &) = delete;

  [[nodiscard]] workload::Board &operator*() const { return *board_; }
  [[nodiscard]] workload::Board *operator->() const { return board_; }
  // The storm as a command.
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
  // Returns after so many more short-lived children.
  void pass(std::uint64_t children) const;
  // Lets it stand still, and go on.
  void hold();
  void go_on();
  // Lets it end.
  void stop();

 private:
  StormBoard board_;
  std::uint64_t workers_;
  Background process_;
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

// Checks that while the storm goes on, the writes seen so far at each row are those that it had
// counted between the row before and this one, which is when the recorder looked.
void check_writes_in_each_row(const Document &document, const std::vector<Sample> &samples,
                              std::int64_t before_first_row);

}  // namespace test
