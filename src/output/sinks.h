// All outputs of a recording as one.
#pragma once

#include <map>
#include <memory>
#include <vector>

#include "output/sink.h"

namespace rusage_bpf {

// A sink that fails is dropped; the others continue. The whole never fails: see `errors`.
class Sinks final : public Sink {
 public:
  explicit Sinks(std::vector<std::unique_ptr<Sink>> sinks) : sinks_(std::move(sinks)) {}

  Result<void> begin(const Recording &recording) override;
  Result<void> row(const Row &row) override;
  Result<void> process(const Process &process) override;
  Result<void> end(const Outcome &outcome) override;

  // Of the rows so far.
  [[nodiscard]] const Totals &totals() const { return totals_; }
  // The errors of the dropped sinks, by their number.
  [[nodiscard]] const std::map<std::size_t, Error> &errors() const { return errors_; }

 private:
  template <typename Action>
  Result<void> each(Action action);

  std::vector<std::unique_ptr<Sink>> sinks_;
  Totals totals_;
  std::map<std::size_t, Error> errors_;
};

}  // namespace rusage_bpf
