#include "output/sinks.h"

namespace rusage_bpf {

template <typename Action>
void Sinks::each(Action action) {
  std::erase_if(sinks_, [&](const std::unique_ptr<Sink> &sink) {
    const Result<void> done = action(*sink);
    if (!done && !first_error_) first_error_ = done.error();
    return !done;
  });
}

void Sinks::begin(const Recording &recording) {
  each([&](Sink &sink) { return sink.begin(recording); });
}

void Sinks::row(const Row &row) {
  totals_.add(row);
  each([&](Sink &sink) { return sink.row(row); });
}

void Sinks::process(const Process &process) {
  each([&](Sink &sink) { return sink.process(process); });
}

void Sinks::end(const Outcome &outcome) {
  each([&](Sink &sink) { return sink.end(outcome); });
}

}  // namespace rusage_bpf
