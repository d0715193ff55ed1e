// The JSON document: {"schema", "columns", "samples", "processes", "commands", "meta", "totals", "audit"}, streamed
// a row at a time. Values that are known only at the end are at the end, so that nothing is rewritten; the text
// of the processes waits for the last row.
#pragma once

#include "document/row_text.h"
#include "output/output.h"
#include "output/sink.h"

namespace rusage_bpf {

class JsonSink final : public Sink {
 public:
  explicit JsonSink(std::unique_ptr<Output> file) : file_(std::move(file)) {}

  Result<void> begin(const Recording &recording) override;
  Result<void> row(const Row &row) override;
  Result<void> process(const Process &process) override;
  Result<void> end(const Outcome &outcome) override;

 private:
  Result<void> write_processes(const Outcome &outcome);

  RowText row_text_;
  std::string text_;  // of one row; keeps its memory
  std::unique_ptr<Output> file_;
  Recording recording_;
  std::unique_ptr<Spool> processes_ = std::make_unique<Spool>();
  bool any_row_ = false;
};

}  // namespace rusage_bpf
