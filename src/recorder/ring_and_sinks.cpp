#include "recorder/ring_and_sinks.h"

#include "os/message.h"

namespace rusage_bpf {

void RingAndSinks::begin(const Recording &recording) {
  ring_.put_in_place();
  say_of_ring();
  sinks_.begin(recording);
}

void RingAndSinks::row(const Row &row) {
  ring_.append(row);
  say_of_ring();
  sinks_.row(row);
}

const std::string &RingAndSinks::check_ring() {
  ring_.check();
  return ring_.problem();
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
