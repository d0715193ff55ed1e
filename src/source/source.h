// Where samples come from. One implementation a way to read what tasks have used.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string_view>

#include "model/recording.h"
#include "model/sample.h"
#include "os/error.h"

namespace rusage_bpf {

// What is in no sample of a source, or in none of the events of single tasks.
struct MissedEvents {
  // Births and execs; 0 unless the kernel refused to run a program.
  std::uint64_t events_lost = 0;
  // Processes and threads that came and went between two samples: at most, as those of others may be among them. What
  // they used is in the figures of the process that reaped them. Nothing: not known.
  std::optional<std::uint64_t> tasks;
  // Tasks that exited while their events were not read: they are in the sums, and in no process record.
  std::uint64_t unlisted_tasks = 0;
  // Processes of which something was not ours to read, so that it is not in the sums.
  std::uint64_t unreadable_processes = 0;
  // Tasks that the recorder's user could not trace, at some time at least; nothing of that time is in the sums.
  std::uint64_t untraceable_tasks = 0;
};

// When a source that keeps time by itself takes samples: the first at `start_ns`, then evenly `samples_per_row` in each
// `row_ns`, before `end_ns`.
struct SampleTimes {
  std::uint64_t start_ns = 0;
  std::uint64_t row_ns = 0;
  std::uint32_t samples_per_row = 1;
  std::uint64_t end_ns = UINT64_MAX;
};

class Source {
 public:
  Source() = default;
  Source(const Source &) = delete;
  Source &operator=(const Source &) = delete;
  virtual ~Source() = default;

  // "bpf" or "proc".
  [[nodiscard]] virtual std::string_view name() const = 0;

  // Begins to track the selection that the source was opened for. To be called once.
  //
  // A command counts from its fork, and a tree from the fork of each of its tasks. What the tasks of a cgroup used
  // before they came to it does not count.
  virtual Result<void> track() = 0;

  // What the tracked tasks have used up to now, and what has happened to them since the sample before. The greatest gap
  // between two samples is `max_sample_gap_ns`. Where counting starts or ends with a sample, it `reports_live_tasks`:
  // an event for each task that the snapshot has the counters of.
  virtual Result<Sample> sample(bool reports_live_tasks = false) = 0;

  // From now on samples are taken without the recorder, on time; next_sample() gives them. False: this source cannot do
  // that. Is to be called after the first sample.
  virtual bool start_clock(const SampleTimes &) { return false; }
  // No more samples are taken that way. Those that were are still given.
  virtual Result<void> stop_clock() { return {}; }
  // The next of these, in order; nothing where all were given.
  virtual Result<std::optional<Sample>> next_sample() { return std::nullopt; }

  // A child of the recorder is over and about to be waited for: it, and all it has waited for, has used `total`.
  // `status` is as wait reports it.
  virtual void before_reaping(pid_t, int /*status*/, const KernelTotal &) {}

  // True if the recorder must be a child subreaper.
  [[nodiscard]] virtual bool needs_orphans() const { return false; }

  // Where a column's figures come from, for people: "bpf", "proc", or "none".
  [[nodiscard]] virtual std::string_view origin(rusage_column column) const = 0;

  // So far. This takes longer than a sample needs to: it is asked for once, at the end.
  [[nodiscard]] virtual MissedEvents missed_events() const = 0;

  // Whether a sample reads /proc, where a user sees less of others' processes than root does.
  [[nodiscard]] virtual bool needs_proc_of_others() const = 0;
};

}  // namespace rusage_bpf
