// The summary: the most important totals, on standard error after the recording.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "output/default_name.h"
#include "output/sink.h"

namespace rusage_bpf {

// The target on one line: "make -j8", "process 42, sleep 9".
std::string target_name(const Recording &recording);
// How the recording ended: "exit 0 after 0.473 s".
std::string ending(const Outcome &outcome);
// The audit on one line.
std::string audit_line(const Recording &recording, const Outcome &outcome);

// The summary as text. `outputs` are the files that hold the rows.
std::string summary(const Recording &recording, const Outcome &outcome, const std::vector<std::string> &outputs);

class SummarySink final : public Sink {
 public:
  // Of a recording that is being made. `default_name` is that of an output besides `outputs`, if there is one; `ring`
  // is the path of the recovery ring, or empty.
  SummarySink(std::vector<std::string> outputs, std::shared_ptr<DefaultName> default_name, std::string ring)
      : outputs_(std::move(outputs)), default_name_(std::move(default_name)), ring_(std::move(ring)), live_(true) {}
  // Of a recording that was read.
  SummarySink(std::vector<std::string> outputs, std::shared_ptr<DefaultName> default_name)
      : outputs_(std::move(outputs)), default_name_(std::move(default_name)) {}

  Result<void> begin(const Recording &recording) override;
  Result<void> row(const Row &row) override;
  Result<void> end(const Outcome &outcome) override;

 private:
  std::vector<std::string> outputs_;
  std::shared_ptr<DefaultName> default_name_;
  std::string ring_;
  bool live_ = false;
  Recording recording_;
};

}  // namespace rusage_bpf
