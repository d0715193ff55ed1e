// NDJSON: an object per line; its first key, `kind`, says which one. {"kind":"begin","schema","meta",
// "columns"}, then {"kind":"sample"} for each row, and {"kind":"process"} for each span of a process as it is
// over; then {"kind":"command"} for each command, and {"kind":"end","meta","totals","audit"}.
#pragma once

#include "output/output.h"
#include "output/sink.h"

namespace rusage_bpf {

// One that was cut short has no `end`.
class NdjsonSink final : public Sink {
 public:
  // `followed`: for readers of a recording that goes on, the file stands under its name from the
  // beginning on, and each row is there as soon as it is known. Otherwise it appears when it is
  // complete.
  NdjsonSink(std::unique_ptr<Output> file, bool followed) : file_(std::move(file)), followed_(followed) {}

  Result<void> begin(const Recording &recording) override;
  Result<void> row(const Row &row) override;
  Result<void> process(const Process &process) override;
  Result<void> end(const Outcome &outcome) override;

 private:
  std::unique_ptr<Output> file_;
  bool followed_;
};

}  // namespace rusage_bpf
