#include "run/recover.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <ctime>

#include "os/clock.h"
#include "os/message.h"
#include "os/write_all.h"
#include "output/sinks.h"
#include "output/summary_sink.h"
#include "output/text.h"
#include "ring/places.h"
#include "ring/reader.h"
#include "run/outputs.h"

namespace rusage_bpf {
namespace {

struct FoundRing {
  std::string path;
  Result<RingReader> reader;

  // 0 where it cannot be read.
  [[nodiscard]] std::uint64_t start_realtime_ns() const {
    return reader ? reader->recording().start_realtime_ns : 0;
  }
};

// Newest first.
std::vector<FoundRing> find_rings() {
  std::vector<FoundRing> rings;
  for (const std::string &path : possible_ring_paths())
    rings.push_back({path, RingReader::open(path)});
  std::stable_sort(rings.begin(), rings.end(), [](const FoundRing &a, const FoundRing &b) {
    return a.start_realtime_ns() > b.start_realtime_ns();
  });
  return rings;
}

std::string started(std::uint64_t realtime_ns) {
  if (realtime_ns == 0) return "";
  return fmt::format("{:%Y-%m-%d %H:%M:%S}",
                     fmt::localtime(static_cast<std::time_t>(realtime_ns / ns_per_s)));
}

std::string_view state_of(const RingReader &ring) {
  if (ring.being_recorded()) return "recording";
  return ring.outcome() ? "complete" : "cut short";
}

std::uint64_t rows_kept(const RingReader &ring) {
  const auto newest = ring.newest();
  return newest ? std::min(*newest + 1, ring.capacity()) : 0;
}

Result<void> list_rings() {
  const auto rings = find_rings();
  if (rings.empty()) {
    say("there are no recovery rings");
    return {};
  }
  constexpr auto line = "{:<19}  {:>11}  {:<10}  {:<30}  {}\n";
  std::string list = fmt::format(line, "STARTED", "ROWS", "STATE", "WHAT", "RING");
  for (const FoundRing &ring : rings) {
    const auto &reader = ring.reader;
    const std::string target = reader ? target_name(reader->recording()) : "";
    list += fmt::format(line, started(ring.start_realtime_ns()),
                        human_count(reader ? rows_kept(*reader) : 0),
                        reader ? state_of(*reader) : "unreadable", one_line(target, 30), ring.path);
  }
  return print_all(list);
}

Result<RingReader> open_ring(const RecoverOptions &options) {
  if (!options.last) return RingReader::open(options.ring);
  auto rings = find_rings();
  if (rings.empty()) return error("recover --last: there are no recovery rings");
  return std::move(rings.front().reader);
}

// Sleeps as long as it is no use to look for the next row.
void wait_for_row(std::uint64_t interval_ns) {
  constexpr std::uint64_t shortest_ns = 1'000'000;
  constexpr std::uint64_t longest_ns = 100'000'000;
  const auto pause_ns = std::clamp(interval_ns / 2, shortest_ns, longest_ns);
  const timespec pause{0, static_cast<long>(pause_ns)};
  nanosleep(&pause, nullptr);
}

Outcome outcome_of(const RingReader &ring, const RingRows &rows, const Row &last,
                   const Totals &totals) {
  const auto told = ring.outcome();
  Outcome outcome = told.value_or(Outcome());
  if (!told) {
    outcome.end_realtime_ns = last.realtime_ns;
    outcome.audit.losses = last.losses;
  }
  outcome.totals = totals;
  outcome.recovered = true;
  outcome.rows_overwritten = rows.overwritten();
  outcome.audit.rows_damaged = rows.damaged();
  return outcome;
}

Result<int> recover(const RingReader &ring, const RecoverOptions &options) {
  auto outputs =
      open_outputs(options.outputs, {.csv_meta = options.csv_meta, .followed = options.follow});
  if (!outputs) return tl::unexpected(outputs.error());
  if (!options.quiet) outputs->sinks.push_back(std::make_unique<SummarySink>(options.outputs));
  Sinks sinks(std::move(outputs->sinks));
  sinks.begin(ring.recording());
  RingRows rows(ring);
  Row last;
  last.realtime_ns = ring.recording().start_realtime_ns;
  while (sinks.errors().empty()) {
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
  if (rows.damaged() > 0)
    say("{} damaged in the ring, and left out: {}", rows.damaged(), ring.path());
  return 0;
}

}  // namespace

Result<int> recover(const RecoverOptions &options) {
  if (!options.last && options.ring.empty()) {
    const auto listed = list_rings();
    if (!listed) return tl::unexpected(listed.error());
    return 0;
  }
  const auto ring = open_ring(options);
  if (!ring) return tl::unexpected(ring.error());
  return recover(*ring, options);
}

}  // namespace rusage_bpf
