#include "output/sinks.h"

namespace rusage_bpf {

template <typename Action>
Result<void> Sinks::each(Action action) {
  std::erase_if(sinks_, [&](const std::unique_ptr<Sink> &sink) {
    const Result<void> done = action(*sink);
    if (!done) errors_.push_back(done.error());
    return !done;
  });
  return {};
}

Result<void> Sinks::begin(const Recording &recording) {
  return each([&](Sink &sink) { return sink.begin(recording); });
}

Result<void> Sinks::row(const Row &row) {
  totals_.add(row);
  return each([&](Sink &sink) { return sink.row(row); });
}

Result<void> Sinks::process(const Process &process) {
  return each([&](Sink &sink) { return sink.process(process); });
}

Result<void> Sinks::end(const Outcome &outcome) {
  return each([&](Sink &sink) { return sink.end(outcome); });
}

}  // namespace rusage_bpf
