// The recovery ring of a recording. A recording continues without one: it fails only if a ring with a given name cannot
// be made.
#pragma once

#include <optional>
#include <string>

#include "ring/writer.h"

namespace rusage_bpf {

class RecoveryRing {
 public:
  // Fails only if a ring with a given name cannot be made.
  static Result<RecoveryRing> open(const RingOptions &options);

  // Empty without a ring.
  [[nodiscard]] std::string path() const { return writer_ ? writer_->path() : ""; }
  [[nodiscard]] bool in_directory_of_another() const { return writer_ && writer_->in_directory_of_another(); }

  // Fails as `open` does.
  Result<void> begin(const Recording &recording);
  void put_in_place();
  void append(const Row &row);
  // Checks that the file still exists and was not cut short.
  void check();
  void end(const Outcome &outcome);

  // Why rows are missing in the ring; else empty.
  [[nodiscard]] const std::string &problem() const { return problem_; }
  // A new message for the user: a problem, or that the ring is smaller than requested.
  std::optional<std::string> take_message() { return std::exchange(message_, std::nullopt); }

  // The path of the ring if it has the rows; else empty.
  [[nodiscard]] std::string safe_in() const;
  // Called when the outputs have all rows. Removes the ring, unless its name was given.
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
