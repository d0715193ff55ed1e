#include "output/sinks.h"

namespace rusage_bpf {

template <typename Action>
Result<void> Sinks::each(Action action) {
  for (std::size_t number = 0; number < sinks_.size(); number++) {
    if (!sinks_[number]) continue;
    const Result<void> done = action(*sinks_[number]);
    if (done) continue;
    errors_.emplace(number, done.error());
    sinks_[number].reset();
  }
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
