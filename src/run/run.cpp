#include "run/run.h"

#include <map>
#include <optional>
#include <utility>

#include "os/caller.h"
#include "os/message.h"
#include "os/privileges.h"
#include "os/realtime_priority.h"
#include "recorder/recorder.h"
#include "run/describe.h"
#include "run/ending.h"
#include "run/open_source.h"
#include "run/open_target.h"
#include "run/recording_outputs.h"

namespace rusage_bpf {
namespace {

// Called when outputs, target and source are open. Recording needs only some of the privileges.
Result<void> give_up_privileges(const RecordingOutputs &outputs, const Source &source, const Target &target) {
  const uid_t own_uid = caller().uid;  // the user that the recorder becomes
  const bool stays_root = own_uid == 0;
  const std::optional<uid_t> command_uid = target.user_to_signal();
  auto dropped = drop_privileges(
      // Signals are passed on to the command. A command that starts as root may change to any user.
      {.signal_others = command_uid && (*command_uid != own_uid || stays_root),
       .read_proc_of_others = source.needs_proc_of_others(),
       // A caller of sudo could write the outputs itself, which was checked. This was not checked for root.
       .write_in_others_places = stays_root && outputs.in_directory_of_another()});
  // After that, because a thread has the privileges of its start.
  if (dropped) say_in_background();
  return dropped;
}

// Whether a signal asked the recorder to end. Ctrl-C only ends the recording. Signals during a command are the
// command's.
bool asked_to_end(const Options &options, const Result<Recorded> &recorded) {
  if (!options.attach()) return false;
  if (!recorded) return true;
  const EndedBy &by = recorded->outcome.ended_by;
  return by == EndReason::signal && by.text() != "SIGINT" && by.text() != "SIGQUIT";
}

// Finishes the outputs. Fails with those that could not be written.
Result<void> finish_recording(const Options &options, const Result<Recorded> &recorded, RecordingOutputs &outputs,
                              SignalQueue &signals) {
  finish_outputs(outputs.writers, signals, asked_to_end(options, recorded));
  if (!recorded) return tl::unexpected(with_ring(recorded.error(), outputs.ring));
  std::map<std::size_t, Error> failures = recorded->failures;
  failures.merge(outputs.writers.take_errors());
  if (auto finished = finish(failures, outputs.ring); !finished) return finished;
  if (options.quiet) say_unusual_name(outputs.outputs);
  return {};
}

}  // namespace

Result<int> run(const Options &options) {
  auto stops = open_stop_sources(options);
  if (!stops) return tl::unexpected(stops.error());
  EarlyLoad early = begin_loading(options);
  auto outputs = open_recording_outputs(options);
  if (!outputs) return tl::unexpected(outputs.error());
  const auto target = open_target(options, *stops);
  if (!target) return tl::unexpected(target.error());
  const Selection selection = (*target)->selection();
  auto opened = open_source(options, selection, **target, std::move(early));
  if (!opened) return tl::unexpected(opened.error());
  auto clock = SystemClock::open();
  if (!clock) return tl::unexpected(clock.error());
  // Where the recorder itself takes the samples, it may use more of a CPU than others could spare.
  std::optional<RealtimePriority> priority;
  if (opened->source->can_keep_time()) priority = RealtimePriority::request();
  if (auto given_up = give_up_privileges(*outputs, *opened->source, **target); !given_up)
    return tl::unexpected(given_up.error());

  Recording recording = describe(options, selection, *opened);
  recording.realtime_priority = priority && priority->held();
  const auto recorded = record(std::move(recording), baseline_of(selection), stop_conditions(options, *stops),
                               {*opened->source, **target, *stops->signals, outputs->ring,
                                std::move(outputs->outputs.sinks), outputs->writers, *clock, options.max_processes});
  priority.reset();
  (*target)->remove_before_reaping();
  opened->source.reset();

  // The outputs are written at the same time. There is nothing to wait for if the command could not be executed.
  if (recorded || recorded.error().kind == Error::Kind::recorder)
    if (auto waited = wait_for_end(**target, *stops->signals); !waited) return tl::unexpected(waited.error());
  if (auto finished = finish_recording(options, recorded, *outputs, *stops->signals); !finished)
    return tl::unexpected(finished.error());
  return (*target)->exit_status();
}

}  // namespace rusage_bpf
