#include "target/target.h"

#include <csignal>

namespace rusage_bpf {
namespace {

std::string_view signal_name(int signal) {
  switch (signal) {
    case SIGINT:
      return "SIGINT";
    case SIGTERM:
      return "SIGTERM";
    case SIGHUP:
      return "SIGHUP";
    default:
      return "SIGQUIT";
  }
}

}  // namespace

std::optional<Ended> ended_by_signal(const signalfd_siginfo &signal) {
  const auto number = static_cast<int>(signal.ssi_signo);
  if (number == SIGCHLD) return std::nullopt;
  return Ended{.by = std::string(signal_name(number)), .exit = {}, .kernel = {}};
}

bool is_empty(const Snapshot &tree) {
  return tree.value[RUSAGE_thread_count] == 0 && tree.pending_births == 0;
}

}  // namespace rusage_bpf
