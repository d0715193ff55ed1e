// Where the rows of a recording go: the ring first.
#pragma once

#include <map>
#include <memory>
#include <vector>

#include "output/sinks.h"
#include "ring/recovery_ring.h"

namespace rusage_bpf {

class RingAndSinks {
 public:
  RingAndSinks(RecoveryRing &ring, std::vector<std::unique_ptr<Sink>> sinks) : ring_(ring), sinks_(std::move(sinks)) {}

  // Without the ring that the user has named there is no recording.
  Result<void> prepare(const Recording &recording) { return ring_.begin(recording); }
  void begin(const Recording &recording);
  void row(const Row &row);
  void process(const Process &process) { sinks_.process(process); }
  // After the last row: why rows are in no ring. Empty where all of them are.
  [[nodiscard]] const std::string &check_ring();
  void end(const Outcome &outcome);

  [[nodiscard]] const Totals &totals() const { return sinks_.totals(); }
  [[nodiscard]] const std::map<std::size_t, Error> &errors() const { return sinks_.errors(); }

 private:
  void say_of_ring();

  RecoveryRing &ring_;
  Sinks sinks_;
};

}  // namespace rusage_bpf
