// The live line: the current usage of the recording, on a terminal.
#pragma once

#include <vector>

#include "model/totals.h"
#include "os/status_line.h"
#include "output/live_line.h"
#include "output/sink.h"

namespace rusage_bpf {

// Put it before the sinks that write to the same terminal at the end.
class LiveSink final : public Sink {
 public:
  explicit LiveSink(StatusLine line);

  Result<void> begin(const Recording &recording) override;
  Result<void> row(const Row &row) override;
  Result<void> end(const Outcome &outcome) override;

 private:
  [[nodiscard]] std::optional<double> rate(std::size_t column) const;
  [[nodiscard]] LiveFigures figures(const Row &row) const;

  StatusLine line_;
  LiveStyle style_;
  std::uint64_t due_ns_ = 0;  // when to draw next, since the recording began
  Totals totals_;             // of the rows so far
  Totals drawn_;              // of the rows until the line was drawn
  std::vector<double> recent_cpu_;
};

}  // namespace rusage_bpf
