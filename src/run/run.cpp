#include "run/run.h"

#include <map>
#include <optional>
#include <utility>

#include "os/caller.h"
#include "os/message.h"
#include "os/privileges.h"
#include "recorder/recorder.h"
#include "run/describe.h"
#include "run/ending.h"
#include "run/open_source.h"
#include "run/open_target.h"
#include "run/recording_outputs.h"

namespace rusage_bpf {
namespace {

// From here on there is nothing to do but to record: outputs, source and target are at hand.
Result<void> give_up_privileges(const RecordingOutputs &outputs, const Source &source, const Target &target) {
  const uid_t own_uid = caller().uid;  // what we are about to become
  const bool stays_root = own_uid == 0;
  const std::optional<uid_t> command_uid = target.user_to_signal();
  auto dropped = drop_privileges(
      // Signals are passed on to the command. One that starts as root may be anybody's later.
      {.signal_others = command_uid && (*command_uid != own_uid || stays_root),
       .read_proc_of_others = source.needs_proc_of_others(),
       // The user who called sudo has had to show the right to write the outputs; root has had to
       // show nothing.
       .write_in_others_places = stays_root && outputs.in_directory_of_another()});
  // Threads have the privileges that are there when they start.
  if (dropped) say_in_background();
  return dropped;
}

// Whether somebody wants us to end, and not the recording alone, as who types Ctrl-C does. A command's signals are its
// own.
bool asked_to_end(const Options &options, const Result<Recorded> &recorded) {
  if (!options.attach()) return false;
  if (!recorded) return true;
  const EndedBy &by = recorded->outcome.ended_by;
  return by == EndReason::signal && by.text() != "SIGINT" && by.text() != "SIGQUIT";
}

// The outputs are in place, or it is said which are not.
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
  auto outputs = open_recording_outputs(options);
  if (!outputs) return tl::unexpected(outputs.error());
  const auto target = open_target(options, *stops);
  if (!target) return tl::unexpected(target.error());
  const Selection selection = (*target)->selection();
  auto opened = open_source(options, selection, **target);
  if (!opened) return tl::unexpected(opened.error());
  auto clock = SystemClock::open();
  if (!clock) return tl::unexpected(clock.error());
  if (auto given_up = give_up_privileges(*outputs, *opened->source, **target); !given_up)
    return tl::unexpected(given_up.error());

  const auto recorded =
      record(describe(options, selection, *opened), baseline_of(selection), stop_conditions(options, *stops),
             {*opened->source, **target, *stops->signals, outputs->ring, std::move(outputs->outputs.sinks),
              outputs->writers, *clock, options.max_processes});
  (*target)->remove_before_reaping();
  opened->source.reset();

  // Outputs are finished meanwhile. What could not be executed has ended.
  if (recorded || recorded.error().kind == Error::Kind::recorder)
    if (auto over = wait_for_end(**target, *stops->signals); !over) return tl::unexpected(over.error());
  if (auto finished = finish_recording(options, recorded, *outputs, *stops->signals); !finished)
    return tl::unexpected(finished.error());
  return (*target)->exit_status();
}

}  // namespace rusage_bpf
