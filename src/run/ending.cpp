#include "run/ending.h"

#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <optional>

#include "os/clock.h"
#include "os/message.h"

namespace rusage_bpf {
namespace {

bool asks_to_end(int signal) {
  return signal == SIGTERM || signal == SIGINT || signal == SIGHUP || signal == SIGQUIT;
}

// How many such signals have come.
int take_signals(SignalQueue &signals) {
  int count = 0;
  while (const auto signal = signals.next())
    count += asks_to_end(static_cast<int>(signal->ssi_signo)) ? 1 : 0;
  return count;
}

}  // namespace

void finish_outputs(BackgroundWriters &outputs, SignalQueue &signals, bool asked_to_end) {
  constexpr int pause_ms = 50;
  outputs.write_what_has_no_thread();
  int requests = asked_to_end ? 1 : 0;
  std::uint64_t progress_ns = monotonic_ns();
  std::uint64_t written_bytes = 0;
  for (;;) {
    const auto waiting = outputs.waiting();
    if (waiting.files == 0 && waiting.streams == 0) return;
    if (written_bytes != waiting.written_bytes) progress_ns = monotonic_ns();
    written_bytes = waiting.written_bytes;
    const bool is_stalled = monotonic_ns() > progress_ns + ns_per_s;
    if (waiting.streams > 0 && (requests > 1 || (requests == 1 && is_stalled))) {
      outputs.give_up_streams();
      continue;
    }
    std::array<pollfd, 2> events{pollfd{signals.fd(), POLLIN, 0}, pollfd{outputs.fd(), POLLIN, 0}};
    poll(events.data(), events.size(), requests > 0 ? pause_ms : -1);
    outputs.take_note();
    const int came = take_signals(signals);
    if (came > 0) progress_ns = std::max(progress_ns, monotonic_ns());
    requests += came;
  }
}

Result<void> finish(const std::vector<Error> &failures, RingWriter &ring) {
  std::vector<Error> real;
  for (const Error &failure : failures) {
    if (failure.errno_value != EPIPE)
      real.push_back(failure);
    else
      say("{}; the rows after that were not written to it", failure.message);
  }
  if (real.empty()) return ring.remove_unless_named();
  Error failure = all_of(real);
  if (ring.in_place())
    failure.message += fmt::format("; the rows are safe: rusage-bpf recover {}", ring.path());
  return tl::unexpected(failure);
}

}  // namespace rusage_bpf
