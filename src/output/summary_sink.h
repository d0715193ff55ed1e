// What a person wants to know when the command is over, on standard error.
#pragma once

#include <string>
#include <vector>

#include "output/sink.h"

namespace rusage_bpf {

// The summary as text. `outputs` are the files that hold the rows.
std::string summary(const Recording &recording, const Outcome &outcome,
                    const std::vector<std::string> &outputs);

class SummarySink final : public Sink {
 public:
  explicit SummarySink(std::vector<std::string> outputs) : outputs_(std::move(outputs)) {}

  Result<void> begin(const Recording &recording) override;
  Result<void> row(const Row &row) override;
  Result<void> end(const Outcome &outcome) override;

 private:
  std::vector<std::string> outputs_;
  Recording recording_;
};

}  // namespace rusage_bpf
