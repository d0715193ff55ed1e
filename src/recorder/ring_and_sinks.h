// Where the rows of a recording go: to the ring at once, and to the sinks, which make text of them in another thread.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "output/sinks.h"
#include "recorder/text_thread.h"
#include "ring/recovery_ring.h"

namespace rusage_bpf {

// Rows that are closer together than that gather for as long before they become text: the code and the data of that
// are in no cache any more when a row comes.
inline constexpr std::uint64_t max_text_delay_ns = 100'000'000;

class RingAndSinks {
 public:
  RingAndSinks(RecoveryRing &ring, std::vector<std::unique_ptr<Sink>> sinks) : ring_(ring), sinks_(std::move(sinks)) {}

  // Without the ring that the user has named there is no recording.
  Result<void> prepare(const Recording &recording) { return ring_.begin(recording); }
  void begin(const Recording &recording);
  void row(const Row &row);
  void process(Process process) { text_->add(std::move(process)); }
  // After the last row: why rows are in no ring. Empty where all of them are.
  [[nodiscard]] const std::string &check_ring();
  // Nothing is added any more. The totals of all rows.
  [[nodiscard]] const Totals &finish_rows();
  void end(const Outcome &outcome);

  [[nodiscard]] const std::map<std::size_t, Error> &errors() const { return sinks_.errors(); }

 private:
  void say_of_ring();

  RecoveryRing &ring_;
  Sinks sinks_;
  std::optional<TextThread> text_;  // since `begin`
};

}  // namespace rusage_bpf
