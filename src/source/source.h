// Where samples come from: BPF programs, or polling /proc.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string_view>

#include "model/recording.h"
#include "model/sample.h"
#include "os/error.h"

namespace rusage_bpf {

// What a source could not observe.
struct MissedEvents {
  // Forks and execs; 0 unless the kernel did not run a program.
  std::uint64_t events_lost = 0;
  // An upper bound of the processes and threads that started and exited between two samples; some may not belong to the
  // target. The process that reaped them has their usage. Nothing: not known.
  std::optional<std::uint64_t> tasks;
  // Tasks that are in the samples, but in no process record, because the ring of task events was full.
  std::uint64_t unlisted_tasks = 0;
  // Processes with values that the user may not read, which are not in the samples.
  std::uint64_t unreadable_processes = 0;
  // Tasks that the user could not trace for some time; their usage of that time is not in the samples.
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

  // Starts to track the selection that the source was opened for. Called once.
  //
  // A command counts from its fork, and a tree from the fork of each of its tasks. What the tasks of a cgroup used
  // before they joined it does not count.
  virtual Result<void> track() = 0;

  // Takes a sample. The time between two samples is at most `max_sample_gap_ns`. If counting starts or ends with the
  // sample, it `reports_live_tasks`: it has an event for each live task in the snapshot.
  virtual Result<Sample> sample(bool reports_live_tasks = false) = 0;

  // Whether start_clock() is likely to succeed.
  [[nodiscard]] virtual bool can_keep_time() const { return false; }
  // From now on samples are taken without the recorder, on time, and next_sample() gives them. False: this source
  // cannot do that. Called after the first sample.
  virtual bool start_clock(const SampleTimes &) { return false; }
  // Takes no more samples that way. Those that were taken are still there to be read.
  virtual Result<void> stop_clock() { return {}; }
  // The next of these samples, in order; nothing if all were given.
  virtual Result<std::optional<Sample>> next_sample() { return std::nullopt; }

  // Takes the sample that is due now, where the clock is late with it.
  virtual Result<void> take_due_sample() { return {}; }
  // The CPU time of these samples, which no process is charged for, or the one that was interrupted.
  [[nodiscard]] virtual std::uint64_t clock_cpu_ns() const { return 0; }

  // Called before a child of the recorder is reaped. `total` is the usage of the child and its reaped children,
  // `status` is as wait(2) reports it.
  virtual void before_reaping(pid_t, int /*status*/, const KernelTotal &) {}

  // True if the recorder must be a child subreaper.
  [[nodiscard]] virtual bool needs_subreaper() const { return false; }

  // Where the values of a column come from: "bpf", "proc", or "none".
  [[nodiscard]] virtual std::string_view origin(rusage_column column) const = 0;

  // So far. Slower than a sample, and called only once, at the end.
  [[nodiscard]] virtual MissedEvents missed_events() const = 0;

  // Whether samples read /proc, where a user can read less of other users' processes than root.
  [[nodiscard]] virtual bool needs_proc_of_others() const = 0;
};

}  // namespace rusage_bpf
