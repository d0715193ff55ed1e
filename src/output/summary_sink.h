// What a person wants to know when the command is over, on standard error.
#pragma once

#include <string>
#include <vector>

#include "output/sink.h"

namespace rusage_bpf {

// What was recorded; how that ended; what makes the figures trustworthy.
std::string target_words(const Recording &recording);
std::string ending_words(const Outcome &outcome);
std::string audit_words(const Recording &recording, const Outcome &outcome);

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
