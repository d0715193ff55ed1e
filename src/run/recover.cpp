#include "run/recover.h"

#include <fmt/format.h>

#include <algorithm>
#include <ctime>

#include "os/message.h"
#include "os/same_file.h"
#include "output/format.h"
#include "output/sinks.h"
#include "output/summary_sink.h"
#include "ring/find_rings.h"
#include "run/outputs.h"
#include "run/rings.h"

namespace rusage_bpf {
namespace {

Result<RingReader> open_ring(const RecoverOptions &options) {
  if (!options.last) return RingReader::open(options.ring);
  auto rings = find_rings();
  if (rings.empty()) return error("recover --last: there are no recovery rings");
  return std::move(rings.front().reader);
}

// Sleeps until there may be another row.
void wait_for_row(std::uint64_t interval_ns) {
  constexpr std::uint64_t min_ns = 1'000'000;
  constexpr std::uint64_t max_ns = 100'000'000;
  const auto pause_ns = std::clamp(interval_ns / 2, min_ns, max_ns);
  const timespec pause{0, static_cast<long>(pause_ns)};
  nanosleep(&pause, nullptr);
}

Outcome outcome_of(const RingReader &ring, const RingRows &rows, const Row &last, const Totals &totals) {
  const auto stored = ring.outcome();
  Outcome outcome = stored.value_or(Outcome());
  if (!stored) {
    outcome.end_realtime_ns = last.realtime_ns;
    if (totals.rows() > 0) outcome.audit.losses = last.losses;
  }
  outcome.totals = totals;
  complete_peak(ring.recording(), outcome);
  outcome.recovered = true;
  outcome.goes_on = !stored && ring.being_recorded();
  outcome.rows_overwritten = rows.overwritten();
  outcome.audit.rows_damaged = rows.damaged();
  return outcome;
}

// An output with the ring's path would overwrite the ring.
Result<void> check_outputs(const RingReader &ring, const RecoverOptions &options) {
  for (const std::string &name : options.outputs) {
    const auto output = parse_output_name(name);
    if (output && output->path != "-" && is_same_file(output->path, ring.path()))
      return tl::unexpected(Error{.message = fmt::format("recover: -o {} is the ring itself; give another name", name),
                                  .kind = Error::Kind::usage});
  }
  return {};
}

Result<int> recover(const RingReader &ring, const RecoverOptions &options) {
  if (auto checked = check_outputs(ring, options); !checked) return tl::unexpected(checked.error());
  auto outputs = open_outputs(options.outputs, {.csv_meta = options.csv_meta, .followed = options.follow});
  if (!outputs) return tl::unexpected(outputs.error());
  if (!options.quiet) outputs->sinks.push_back(std::make_unique<SummarySink>(options.outputs, outputs->default_name));
  const std::size_t output_count = std::max<std::size_t>(options.outputs.size(), 1);
  Sinks sinks(std::move(outputs->sinks));
  sinks.begin(ring.recording());
  RingRows rows(ring);
  Row last;
  last.realtime_ns = ring.recording().start_realtime_ns;
  while (sinks.errors().size() < output_count) {
    if (const auto row = rows.next()) {
      last = *row;
      sinks.row(*row);
    } else if (options.follow && !rows.at_end()) {
      wait_for_row(ring.recording().interval_ns);
    } else {
      break;
    }
  }
  sinks.end(outcome_of(ring, rows, last, sinks.totals()));
  if (!sinks.errors().empty()) return tl::unexpected(all_of(sinks.errors()));
  if (rows.damaged() > 0) say("{} damaged in the ring, and left out: {}", rows.damaged(), ring.path());
  if (options.quiet) say_unusual_name(*outputs);
  return 0;
}

}  // namespace

Result<int> recover(const RecoverOptions &options) {
  if (options.prune || (!options.last && options.ring.empty())) {
    const auto done = options.prune ? prune_rings(options.older_than_ns) : list_rings();
    if (!done) return tl::unexpected(done.error());
    return 0;
  }
  const auto ring = open_ring(options);
  if (!ring) return tl::unexpected(ring.error());
  return recover(*ring, options);
}

}  // namespace rusage_bpf
