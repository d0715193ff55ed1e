#include "run/open_target.h"

#include <fmt/format.h>
#include <unistd.h>

#include "os/descriptor_limit.h"
#include "os/user.h"
#include "os/user_database.h"
#include "target/attach.h"
#include "target/cgroup.h"
#include "target/launch.h"

namespace rusage_bpf {
namespace {

// The user of the command, if that is not the recorder's.
Result<std::optional<User>> find_command_user(const Options &options) {
  if (!options.user) return std::nullopt;
  const std::string &name = *options.user;
  if (geteuid() != 0)
    return error(
        fmt::format("--user {0}: only root can run a command as another user; run it as: "
                    "sudo rusage-bpf --user {0} ...",
                    name));
  auto user = find_user(name);
  if (user) return user;
  if (has_getent())
    return error(fmt::format("--user {}: there is no such user; give one that getent passwd lists", name));
  return error(
      fmt::format("--user {}: /etc/passwd has no such user, and other sources of users, such as LDAP, are asked by "
                  "/usr/bin/getent, which is not here",
                  name));
}

template <typename Found>
Result<std::unique_ptr<Target>> as_target(Result<Found> found) {
  if (!found) return tl::unexpected(found.error());
  return std::make_unique<Found>(*std::move(found));
}

Result<std::unique_ptr<Target>> start_command(const Options &options, StopSources &stops) {
  const auto user = find_command_user(options);
  if (!user) return tl::unexpected(user.error());
  const auto until = options.until_tree ? Launch::Until::tree : Launch::Until::command;
  auto command = as_target(Launch::start(options.command, until, *user));
  if (!command) return command;
  auto signals = SignalQueue::take_all(GroupWitness::start());
  if (!signals) return tl::unexpected(signals.error());
  stops.signals = *std::move(signals);
  // After the fork, so that the command keeps its limit.
  ensure_descriptors();
  return command;
}

}  // namespace

Result<StopSources> open_stop_sources(const Options &options) {
  StopSources stops;
  if (!options.attach()) return stops;
  ensure_descriptors();
  auto signals = SignalQueue::take_ending();
  if (!signals) return tl::unexpected(signals.error());
  stops.signals = *std::move(signals);
  if (!options.stop_with) return stops;
  auto process = open_process("--stop-with", *options.stop_with);
  if (!process) return tl::unexpected(process.error());
  stops.process = *std::move(process);
  return stops;
}

StopConditions stop_conditions(const Options &options, const StopSources &stops) {
  return {.duration_ns = options.duration_ns,
          .input = options.stop_on_eof ? STDIN_FILENO : -1,
          .process = stops.process.get(),
          .without_outputs = options.attach()};
}

Result<std::unique_ptr<Target>> open_target(const Options &options, StopSources &stops) {
  if (!options.attach()) return start_command(options, stops);
  return options.pid ? as_target(Attach::find(*options.pid)) : as_target(Cgroup::find(options.cgroup));
}

}  // namespace rusage_bpf
