#include "recorder/ring_and_sinks.h"

#include "os/message.h"

namespace rusage_bpf {

void RingAndSinks::begin(const Recording &recording) {
  ring_.put_in_place();
  say_of_ring();
  sinks_.begin(recording);
  const std::uint64_t gather_ns = recording.interval_ns < max_text_delay_ns ? max_text_delay_ns : 0;
  text_.emplace(sinks_, std::chrono::nanoseconds(gather_ns));
}

void RingAndSinks::row(const Row &row) {
  ring_.append(row);
  say_of_ring();
  text_->add(row);
}

const std::string &RingAndSinks::check_ring() {
  ring_.check();
  return ring_.problem();
}

const Totals &RingAndSinks::finish_rows() {
  text_->finish();
  return sinks_.totals();
}

void RingAndSinks::end(const Outcome &outcome) {
  ring_.end(outcome);
  say_of_ring();
  sinks_.end(outcome);
}

void RingAndSinks::say_of_ring() {
  if (const auto message = ring_.take_message()) say_line(*message);
}

}  // namespace rusage_bpf
