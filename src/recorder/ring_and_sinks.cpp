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
  waiting_.push_back(row);
  const std::uint64_t since_ns = row.value[RUSAGE_elapsed] - passed_on_ns_;
  if (since_ns >= max_text_delay_ns || waiting_.size() == waiting_.capacity()) pass_on_rows();
}

void RingAndSinks::process(const Process &process) {
  pass_on_rows();
  sinks_.process(process);
}

void RingAndSinks::pass_on_rows() {
  if (waiting_.empty()) return;
  passed_on_ns_ = waiting_.back().value[RUSAGE_elapsed];
  for (const Row &row : waiting_) sinks_.row(row);
  waiting_.clear();
}

const std::string &RingAndSinks::check_ring() {
  ring_.check();
  return ring_.problem();
}

const Totals &RingAndSinks::totals() {
  pass_on_rows();
  return sinks_.totals();
}

void RingAndSinks::end(const Outcome &outcome) {
  pass_on_rows();
  ring_.end(outcome);
  say_of_ring();
  sinks_.end(outcome);
}

void RingAndSinks::say_of_ring() {
  if (const auto message = ring_.take_message()) say_line(*message);
}

}  // namespace rusage_bpf
