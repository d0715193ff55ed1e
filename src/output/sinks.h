// All outputs of a recording as one.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "output/sink.h"

namespace rusage_bpf {

// A sink that fails is given up; the others go on. As a whole it never fails: see `first_error`.
class Sinks final : public Sink {
 public:
  explicit Sinks(std::vector<std::unique_ptr<Sink>> sinks) : sinks_(std::move(sinks)) {}

  Result<void> begin(const Recording &recording) override;
  Result<void> row(const Row &row) override;
  Result<void> process(const Process &process) override;
  Result<void> end(const Outcome &outcome) override;

  // Of the rows so far.
  [[nodiscard]] const Totals &totals() const { return totals_; }
  [[nodiscard]] const std::optional<Error> &first_error() const { return first_error_; }

 private:
  template <typename Action>
  Result<void> each(Action action);

  std::vector<std::unique_ptr<Sink>> sinks_;
  Totals totals_;
  std::optional<Error> first_error_;
};

}  // namespace rusage_bpf
