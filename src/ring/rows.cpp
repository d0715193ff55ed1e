// RingRows: the order in which rows stand in a ring, and what to make of those that are missing.
#include "ring/reader.h"

#include <algorithm>

namespace rusage_bpf {

using State = RingReader::Slot::State;

RingRows::RingRows(const RingReader &ring) : ring_(ring), over_(!ring.being_recorded()) {
  scan();
}

void RingRows::scan() {
  scan_ = ring_.scan();
  ahead_ = 0;
  if (!scan_.numbers.empty()) go_to_oldest(scan_.numbers.back());
}

// The recorder keeps the newest row and the `capacity` - 1 before it.
void RingRows::go_to_oldest(std::uint64_t newest) {
  if (newest < number_ + ring_.capacity()) return;
  const std::uint64_t oldest = newest - ring_.capacity() + 1;
  overwritten_ += oldest - number_;
  number_ = oldest;
}

std::optional<Row> RingRows::next() {
  while (!at_end_) {
    const RingReader::Slot slot = ring_.slot_of(number_);
    if (slot.state == State::row && slot.row.number == number_) {
      number_++;
      if (order_.accept(slot.row)) return slot.row;
      damaged_++;
    } else if (slot.state == State::row && slot.row.number > number_) {
      go_to_oldest(slot.row.number);  // the recorder has come round
    } else if (pass_gap()) {
      continue;
    } else if (over_) {
      finish();
    } else if (!ring_.being_recorded()) {
      over_ = true;
      scan();  // once more, as rows may have come before that end
    } else if (slot.state != State::damaged || !pass_damaged_slot()) {
      return std::nullopt;
    }
  }
  return std::nullopt;
}

// The row that should come next is not there. Goes on with the next that the scan has found; false where there is none.
bool RingRows::pass_gap() {
  const auto &numbers = scan_.numbers;
  while (ahead_ < numbers.size() && numbers[ahead_] <= number_) ahead_++;
  if (ahead_ == numbers.size()) return false;
  if (!over_ && is_being_overwritten()) {
    overwritten_++;
    number_++;
    return true;
  }
  damaged_ += numbers[ahead_] - number_;
  number_ = numbers[ahead_];
  return true;
}

// Whether the recorder has come round and is at this very slot.
bool RingRows::is_being_overwritten() const {
  const std::uint64_t newest = number_ + ring_.capacity();
  const RingReader::Slot slot = ring_.slot_of(newest);
  return slot.state == State::row && slot.row.number >= newest;
}

// A recording goes on behind the damage.
bool RingRows::pass_damaged_slot() {
  const RingReader::Slot next = ring_.slot_of(number_ + 1);
  if (next.state != State::row || next.row.number <= number_) return false;
  damaged_++;
  number_++;
  return true;
}

// Rows may also have stood in those damaged slots that belong to no number up to the newest.
void RingRows::finish() {
  at_end_ = true;
  const std::uint64_t slots = ring_.capacity() + 1;
  const std::uint64_t newest = scan_.numbers.empty() ? 0 : scan_.numbers.back();
  const bool full = !scan_.numbers.empty() && newest >= ring_.capacity();
  const auto outside = [&](std::uint64_t slot) {
    if (scan_.numbers.empty()) return true;
    return full ? slot == (newest + 1) % slots : slot > newest;
  };
  damaged_ +=
      static_cast<std::uint64_t>(std::count_if(scan_.damaged_slots.begin(), scan_.damaged_slots.end(), outside));
}

}  // namespace rusage_bpf
