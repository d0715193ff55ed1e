#include "run/ending.h"

#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

#include "os/clock.h"
#include "os/message.h"

namespace rusage_bpf {
namespace {

// Takes all signals. Whether one of them asks the recorder to end.
bool take_end_request(SignalQueue &signals) {
  bool any = false;
  while (const auto signal = signals.next()) any |= ends_by_default(signal->number) && !signal->was_ignored;
  return any;
}

// Counts the requests to end. Signals that come together, as from timeout(1), count once.
class EndRequests {
 public:
  explicit EndRequests(bool asked) : count_(asked ? 1 : 0), latest_ns_(monotonic_ns()) {}

  void add() {
    constexpr std::uint64_t together_ns = 200'000'000;
    if (count_ == 0 || monotonic_ns() > latest_ns_ + together_ns) count_++;
    latest_ns_ = monotonic_ns();
  }
  [[nodiscard]] bool any() const { return count_ > 0; }
  [[nodiscard]] bool urgent() const { return count_ > 1; }
  [[nodiscard]] std::uint64_t latest_ns() const { return latest_ns_; }

 private:
  int count_;
  std::uint64_t latest_ns_;
};

}  // namespace

void finish_outputs(BackgroundWriters &outputs, SignalQueue &signals, bool asked_to_end) {
  constexpr int pause_ms = 50;
  outputs.write_what_has_no_thread();
  EndRequests requests(asked_to_end);
  std::uint64_t progress_ns = monotonic_ns();
  std::uint64_t written_bytes = 0;
  bool said = false;
  for (;;) {
    const auto waiting = outputs.waiting();
    if (waiting.files == 0 && waiting.streams == 0) return;
    if (written_bytes != waiting.written_bytes) progress_ns = monotonic_ns();
    written_bytes = waiting.written_bytes;
    const bool is_stalled = monotonic_ns() > std::max(progress_ns, requests.latest_ns()) + ns_per_s;
    if (waiting.streams > 0 && (requests.urgent() || (requests.any() && is_stalled))) {
      outputs.give_up_streams();
      continue;
    }
    if (!waiting.unread.empty() && is_stalled && !std::exchange(said, true))
      say("waiting for a reader of {}; Ctrl-C gives it up", waiting.unread);
    std::array<pollfd, 2> events{pollfd{signals.fd(), POLLIN, 0}, pollfd{outputs.fd(), POLLIN, 0}};
    const bool message_is_due = !waiting.unread.empty() && !said;
    poll(events.data(), events.size(), message_is_due || requests.any() ? pause_ms : -1);
    outputs.take_note();
    if (take_end_request(signals)) requests.add();
  }
}

Result<void> finish(const std::map<std::size_t, Error> &failures, RecoveryRing &ring) {
  std::map<std::size_t, Error> real;
  for (const auto &[number, failure] : failures) {
    if (failure.errno_value != EPIPE)
      real.emplace(number, failure);
    else
      say("{}; the rows after that were not written to it", failure.message);
  }
  if (!real.empty()) return tl::unexpected(with_ring(all_of(real), ring));
  ring.remove_unless_named();
  if (const auto message = ring.take_message()) say_line(*message);
  return {};
}

Error with_ring(Error error, const RecoveryRing &ring) {
  if (const std::string path = ring.safe_in(); !path.empty())
    error.message += fmt::format("; the rows are safe: rusage-bpf recover {}", path);
  return error;
}

}  // namespace rusage_bpf
