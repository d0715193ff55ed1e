// NDJSON: an object per line; its first key, `kind`, says which one. {"kind":"begin","schema","meta",
// "columns"}, then {"kind":"sample"} for each row, and {"kind":"process"} for each process record when it is
// complete; then {"kind":"command"} for each command, and {"kind":"end","meta","totals","audit"}.
#pragma once

#include "document/row_text.h"
#include "output/output.h"
#include "output/sink.h"

namespace rusage_bpf {

// A recording that was cut short has no `end`.
class NdjsonSink final : public Sink {
 public:
  // `followed`: the file has its name from the beginning, and each row is in it at once, for readers that follow the
  // recording. Otherwise it appears when it is complete.
  NdjsonSink(std::unique_ptr<Output> file, bool followed) : file_(std::move(file)), followed_(followed) {}

  Result<void> begin(const Recording &recording) override;
  Result<void> row(const Row &row) override;
  Result<void> process(const Process &process) override;
  Result<void> end(const Outcome &outcome) override;

 private:
  RowText row_text_;
  std::string text_;  // of one row; keeps its memory
  std::unique_ptr<Output> file_;
  bool followed_;
};

}  // namespace rusage_bpf
