// Where the rows of a recording go: to the ring at once, and to the sinks, which make text of them, several at a time:
// the code and the data of that are in no cache any more when a row comes.
#pragma once

#include <map>
#include <memory>
#include <vector>

#include "output/sinks.h"
#include "ring/recovery_ring.h"

namespace rusage_bpf {

// A row is passed on to the sinks with one that is that much later, at the latest.
inline constexpr std::uint64_t max_text_delay_ns = 100'000'000;

class RingAndSinks {
 public:
  RingAndSinks(RecoveryRing &ring, std::vector<std::unique_ptr<Sink>> sinks) : ring_(ring), sinks_(std::move(sinks)) {
    waiting_.reserve(most_waiting);
  }

  // Without the ring that the user has named there is no recording.
  Result<void> prepare(const Recording &recording) { return ring_.begin(recording); }
  void begin(const Recording &recording);
  void row(const Row &row);
  void process(const Process &process);
  // After the last row: why rows are in no ring. Empty where all of them are.
  [[nodiscard]] const std::string &check_ring();
  void end(const Outcome &outcome);

  // Of all rows so far.
  [[nodiscard]] const Totals &totals();
  [[nodiscard]] const std::map<std::size_t, Error> &errors() const { return sinks_.errors(); }

 private:
  static constexpr std::size_t most_waiting = 1024;

  void say_of_ring();
  void pass_on_rows();

  RecoveryRing &ring_;
  Sinks sinks_;
  std::vector<Row> waiting_;        // in no sink yet; keeps its capacity, so that a row allocates nothing
  std::uint64_t passed_on_ns_ = 0;  // since the start, the last row that was passed on
};

}  // namespace rusage_bpf
