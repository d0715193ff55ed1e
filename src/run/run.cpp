#include "run/run.h"

#include <fmt/format.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>

#include "model/name.h"
#include "os/caller.h"
#include "os/descriptor_limit.h"
#include "os/message.h"
#include "os/privileges.h"
#include "os/same_file.h"
#include "os/user.h"
#include "output/format.h"
#include "output/live_sink.h"
#include "output/summary_sink.h"
#include "recorder/recorder.h"
#include "run/ending.h"
#include "run/outputs.h"
#include "source/bpf_source.h"
#include "source/proc_source.h"
#include "target/access.h"
#include "target/attach.h"
#include "target/cgroup.h"
#include "target/launch.h"
#include "target/wrappers.h"

namespace rusage_bpf {
namespace {

int exit_status(const Exit &exit) {
  return exit.signal ? 128 + *exit.signal : exit.code.value_or(0);
}

std::string boot_id() {
  std::string id;
  std::getline(std::ifstream("/proc/sys/kernel/random/boot_id"), id);
  return id;
}

// Where snapshots come from, and why it is not the best there is.
struct Opened {
  std::unique_ptr<Source> source;
  std::string reason;
};

void describe_selection(Recording &recording, const Selection &selection) {
  recording.target = kind_of(selection);
  if (const auto *const command = std::get_if<selected::Command>(&selection)) {
    recording.argv = command->argv;
    recording.root_pid = command->pid;
  } else if (const auto *const tree = std::get_if<selected::Tree>(&selection)) {
    recording.argv = tree->argv;
    recording.root_pid = tree->pid;
  } else if (const auto *const cgroup = std::get_if<selected::Cgroup>(&selection)) {
    recording.cgroup = text_of_bytes(cgroup->path);
  }
}

Recording describe(const Options &options, const Opened &opened, const Selection &selection) {
  utsname system{};
  uname(&system);
  Recording recording{.version = RUSAGE_BPF_VERSION,
                      .host = text_of_bytes(system.nodename),
                      .kernel = system.release,
                      .cpus = static_cast<unsigned>(sysconf(_SC_NPROCESSORS_ONLN)),
                      .boot_id = boot_id(),
                      .target = {},
                      .argv = {},
                      .root_pid = {},
                      .cgroup = {},
                      .interval_ns = options.interval_ns,
                      .start_realtime_ns = 0,
                      .backend = std::string(opened.source->name()),
                      .backend_reason = as_text(opened.reason),
                      .origin = {}};
  describe_selection(recording, selection);
  for (std::size_t i = 0; i < column_count; i++)
    recording.origin[i] = opened.source->origin(static_cast<rusage_column>(i));
  return recording;
}

// Where the rows go: the ring first.
struct Places {
  RecoveryRing ring;
  BackgroundWriters writers;
  Outputs outputs;

  [[nodiscard]] bool in_directory_of_another() const {
    return ring.in_directory_of_another() || outputs.in_directory_of_another;
  }
};

// Unless it is asked for, only where nobody else is expected to write to the terminal: a command has our standard error,
// and who reads rows from standard output shows them there.
bool wants_live_line(const Options &options) {
  if (options.progress) return *options.progress;
  const bool rows_elsewhere =
      std::none_of(options.outputs.begin(), options.outputs.end(), [](const std::string &name) {
        const auto output = parse_output_name(name);
        return output && output->path == "-";
      });
  return options.attach() && !options.quiet && rows_elsewhere;
}

// What is to be said of the ring beside what the user said of it; fails where an output would take its place.
Result<RingOptions> ring_options(const Options &options) {
  RingOptions ring = options.ring;
  ring.interval_ns = options.interval_ns;
  // Without a name the document most often has this one. Whoever prunes rings reads what it is about.
  const std::vector<std::string> unnamed{"rusage.json"};
  for (const std::string &name : options.outputs.empty() ? unnamed : options.outputs) {
    const auto output = parse_output_name(name);
    if (!output) continue;
    const bool is_stream = output->path == "-";
    if (!ring.path.empty() && is_same_file(is_stream ? "/dev/stdout" : output->path, ring.path))
      return tl::unexpected(Error{
          .message =
              fmt::format("-o {} and --ring {} are the same file; give two names", name, ring.path),
          .kind = options.attach() ? Error::Kind::usage : Error::Kind::recorder});
    std::error_code none;
    if (!is_stream) ring.outputs.push_back(std::filesystem::absolute(output->path, none));
  }
  return ring;
}

Result<Places> open_places(const Options &options) {
  const auto wanted = ring_options(options);
  if (!wanted) return tl::unexpected(wanted.error());
  auto writers = BackgroundWriters::create();
  if (!writers) return tl::unexpected(writers.error());
  auto outputs =
      open_outputs(options.outputs, {.csv_meta = options.csv_meta, .background = &*writers});
  if (!outputs) return tl::unexpected(outputs.error());
  auto ring = RecoveryRing::open(*wanted);
  if (!ring) return tl::unexpected(ring.error());
  if (const auto message = ring->take_message()) say_line(*message);
  // The live line goes before the summary comes.
  if (wants_live_line(options))
    if (auto line = StatusLine::open())
      outputs->sinks.push_back(std::make_unique<LiveSink>(*std::move(line)));
  if (!options.quiet)
    outputs->sinks.push_back(
        std::make_unique<SummarySink>(options.outputs, outputs->default_name, ring->path()));
  return Places{*std::move(ring), *std::move(writers), *std::move(outputs)};
}

Result<void> finish(const Result<Recorded> &recorded, Places &places) {
  if (!recorded) return tl::unexpected(with_ring(recorded.error(), places.ring));
  std::map<std::size_t, Error> failures = recorded->failures;
  failures.merge(places.writers.take_errors());
  return finish(failures, places.ring);
}

// Whether somebody wants us to end, and not the recording alone, as who types Ctrl-C does.
bool asked_to_end(const Result<Recorded> &recorded) {
  if (!recorded) return true;
  const EndedBy &by = recorded->outcome.ended_by;
  return by == EndReason::signal && by.text() != "SIGINT" && by.text() != "SIGQUIT";
}

// `may_look` says whether the target is the caller's to look into, which BPF does not ask. /proc shows to everybody what
// they may see.
Result<Opened> open_source(const Options &options, const Selection &selection,
                           const Result<void> &may_look = {}) {
  std::string reason = "--backend proc was given";
  if (options.backend != Options::Backend::proc) {
    auto bpf = may_look.and_then([&] {
      return BpfSource::open(selection, {.hold_tasks = !options.count_at_last_switch,
                                         .gauges_from_proc = options.gauges_from_proc,
                                         .checks_access = !may_look_into_all()});
    });
    if (bpf) return Opened{*std::move(bpf), {}};
    if (options.backend == Options::Backend::bpf) return tl::unexpected(bpf.error());
    reason = bpf.error().message;
  }
  auto proc = ProcSource::open(selection);
  if (!proc) return tl::unexpected(proc.error());
  return Opened{*std::move(proc), std::move(reason)};
}

// Who the command runs as, where that is not who we are.
Result<std::optional<User>> find_command_user(const Options &options) {
  if (!options.user) return std::nullopt;
  const std::string &name = *options.user;
  if (geteuid() != 0)
    return error(
        fmt::format("--user {0}: only root can run a command as another user; run it as: "
                    "sudo rusage-bpf --user {0} ...",
                    name));
  auto user = find_user(name);
  if (!user)
    return error(
        fmt::format("--user {}: there is no such user; give one that getent passwd lists", name));
  return user;
}

// From here on there is nothing to do but to record: outputs, source and command are at hand.
Result<void> give_up_privileges(const Places &places, const Source &source,
                                std::optional<uid_t> command_uid) {
  const uid_t own_uid = caller().uid;  // what we are about to become
  const bool stays_root = own_uid == 0;
  const auto dropped = drop_privileges(
      // Signals are passed on to the command. One that starts as root may be anybody's later.
      {.signal_others = command_uid && (*command_uid != own_uid || stays_root),
       .read_proc_of_others = source.needs_proc_of_others(),
       // The user who called sudo has had to show the right to write the outputs; root has had to
       // show nothing.
       .write_in_others_places = stays_root && places.in_directory_of_another()});
  // Threads have the privileges that are there when they start.
  if (dropped) say_in_background();
  return dropped;
}

Result<int> record_command(const Options &options, Places places) {
  const auto user = find_command_user(options);
  if (!user) return tl::unexpected(user.error());
  const auto until = options.until_tree ? Launch::Until::tree : Launch::Until::command;
  auto command = Launch::hold(options.command, until, *user);
  if (!command) return tl::unexpected(command.error());
  // From here on every signal is the command's.
  auto signals = SignalQueue::take_all(GroupWitness::start());
  if (!signals) return tl::unexpected(signals.error());
  // The command keeps the limit that it was given.
  ensure_descriptors();
  const Selection selection = command->selection();
  auto opened = open_source(options, selection);
  if (!opened) return tl::unexpected(opened.error());
  Source &source = *opened->source;
  if (source.needs_orphans()) {
    const auto adopts =
        command->adopt_orphans([&source](auto... child) { source.before_reaping(child...); });
    if (!adopts) return tl::unexpected(adopts.error());
  }
  if (auto entered = source.track(); !entered) return tl::unexpected(entered.error());
  const uid_t command_uid = *user ? (*user)->identity.uid : geteuid();
  if (auto given_up = give_up_privileges(places, source, command_uid); !given_up)
    return tl::unexpected(given_up.error());

  Recording recording = describe(options, *opened, selection);
  const auto recorded =
      record(std::move(recording), Baseline::birth, {.duration_ns = options.duration_ns},
             {source, *command, *signals, places.ring, std::move(places.outputs.sinks),
              places.writers, options.max_processes});
  command->stop_telling();
  opened->source.reset();
  // Outputs are finished meanwhile. What could not be executed has ended.
  if (recorded || (recorded.error().kind == Error::Kind::recorder && !command->is_held()))
    if (auto seen = see_out(*command, *signals); !seen) return tl::unexpected(seen.error());
  finish_outputs(places.writers, *signals, false);
  if (auto finished = finish(recorded, places); !finished) return tl::unexpected(finished.error());
  if (options.quiet) say_unusual_name(places.outputs);
  return exit_status(command->ended()->exit);
}

// A pidfd of --stop-with's process; none where that is not asked for.
Result<Fd> find_stop_with(const Options &options) {
  return options.stop_with ? open_process("--stop-with", *options.stop_with) : Fd();
}

// Records what runs already, from now on.
Result<int> record_running(const Options &options, Recording recording, Source &source,
                           Target &target, SignalQueue &signals, const Fd &stop_with,
                           Places places) {
  if (auto given_up = give_up_privileges(places, source, std::nullopt); !given_up)
    return tl::unexpected(given_up.error());
  const Stops stops{.duration_ns = options.duration_ns,
                    .input = options.stop_on_eof ? STDIN_FILENO : -1,
                    .process = stop_with.get(),
                    .without_outputs = true};
  const auto recorded =
      record(std::move(recording), Baseline::first_look, stops,
             {source, target, signals, places.ring, std::move(places.outputs.sinks), places.writers,
              options.max_processes});
  finish_outputs(places.writers, signals, asked_to_end(recorded));
  if (auto finished = finish(recorded, places); !finished) return tl::unexpected(finished.error());
  if (options.quiet) say_unusual_name(places.outputs);
  return 0;
}

Result<int> record_tree(const Options &options, SignalQueue &signals, const Fd &stop_with,
                        Places places) {
  auto tree = Attach::find(*options.pid);
  if (!tree) return tl::unexpected(tree.error());
  const Selection selection = tree->selection();
  auto opened = open_source(options, selection, tree->may_look());
  if (!opened) return tl::unexpected(opened.error());
  const auto entered = opened->source->track();
  if (!tree->alive()) return error(fmt::format("--pid {}: the process has ended", *options.pid));
  if (!entered) return tl::unexpected(entered.error());
  Recording recording = describe(options, *opened, selection);
  return record_running(options, std::move(recording), *opened->source, *tree, signals, stop_with,
                        std::move(places));
}

Result<int> record_cgroup(const Options &options, SignalQueue &signals, const Fd &stop_with,
                          Places places) {
  auto cgroup = Cgroup::find(options.cgroup);
  if (!cgroup) return tl::unexpected(cgroup.error());
  const Selection selection = cgroup->selection();
  auto opened = open_source(options, selection, cgroup->may_look());
  if (!opened) return tl::unexpected(opened.error());
  if (auto entered = opened->source->track(); !entered) return tl::unexpected(entered.error());
  Recording recording = describe(options, *opened, selection);
  return record_running(options, std::move(recording), *opened->source, *cgroup, signals, stop_with,
                        std::move(places));
}

}  // namespace

Result<int> run(const Options &options) {
  if (!options.attach()) {
    auto places = open_places(options);
    if (!places) return tl::unexpected(places.error());
    return record_command(options, std::move(*places));
  }
  ensure_descriptors();
  // First of all: with no command to inherit them, a signal from here on waits until the recording
  // has begun, and leaves no half-made output behind.
  auto signals = SignalQueue::take_ending();
  if (!signals) return tl::unexpected(signals.error());
  const auto stop_with = find_stop_with(options);
  if (!stop_with) return tl::unexpected(stop_with.error());
  auto places = open_places(options);
  if (!places) return tl::unexpected(places.error());
  return options.pid ? record_tree(options, *signals, *stop_with, std::move(*places))
                     : record_cgroup(options, *signals, *stop_with, std::move(*places));
}

}  // namespace rusage_bpf
