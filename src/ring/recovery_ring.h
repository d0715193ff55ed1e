// The recovery ring as a recording has it. A recording goes on without one: whatever goes wrong with a ring that no one
// has named harms nothing, and what goes wrong with any ring later on is no failure of the recording.
#pragma once

#include <optional>
#include <string>

#include "ring/writer.h"

namespace rusage_bpf {

class RecoveryRing {
 public:
  // Fails only where the ring that the user has named cannot be made.
  static Result<RecoveryRing> open(const RingOptions &options);

  // Empty where there is no ring.
  [[nodiscard]] std::string path() const { return writer_ ? writer_->path() : ""; }
  [[nodiscard]] bool in_directory_of_another() const { return writer_ && writer_->in_directory_of_another(); }

  // Fails as `open` does.
  Result<void> begin(const Recording &recording);
  void put_in_place();
  void append(const Row &row);
  // Whether the file is still there, and whole.
  void check();
  void end(const Outcome &outcome);

  // Why rows are in no ring; empty where all of them are.
  [[nodiscard]] const std::string &problem() const { return problem_; }
  // A line for the user that was not given yet: a problem, or that the ring is smaller than was wanted.
  std::optional<std::string> take_message() { return std::exchange(message_, std::nullopt); }

  // Where rows are that no output has: empty where they are not in a ring.
  [[nodiscard]] std::string safe_in() const;
  // Every row is safe elsewhere: takes the ring away, unless the user has named it.
  void remove_unless_named();

 private:
  explicit RecoveryRing(bool named) : named_(named) {}
  void keep_problem(const Result<void> &done, std::string_view consequence);

  std::optional<RingWriter> writer_;
  bool named_;
  std::string problem_;
  std::optional<std::string> message_;
};

}  // namespace rusage_bpf
