// The JSON document: {"schema", "columns", "samples", "meta", "totals", "audit"}, streamed a row at
// a time. What is known only at the end stands at the end, so that nothing has to be kept or
// rewritten.
#pragma once

#include "output/output_file.h"
#include "output/sink.h"

namespace rusage_bpf {

class JsonSink final : public Sink {
 public:
  explicit JsonSink(OutputFile file) : file_(std::move(file)) {}

  Result<void> begin(const Recording &recording) override;
  Result<void> row(const Row &row) override;
  Result<void> end(const Outcome &outcome) override;

 private:
  OutputFile file_;
  Recording recording_;
  bool any_row_ = false;
};

}  // namespace rusage_bpf
