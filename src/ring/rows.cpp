// RingRows: the order of rows in a ring, and how missing rows are counted.
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
      go_to_oldest(slot.row.number);  // the recorder has wrapped round
    } else if (pass_gap()) {
      continue;
    } else if (over_) {
      finish();
    } else if (!ring_.being_recorded()) {
      over_ = true;
      scan();  // again, because rows may have been added since the first scan
    } else if (slot.state != State::damaged || !pass_damaged_slot()) {
      return std::nullopt;
    }
  }
  return std::nullopt;
}

// The next row is missing. Continues with the next row in the scan; false if there is none.
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

// Whether the recorder has wrapped round and is writing to this slot.
bool RingRows::is_being_overwritten() const {
  const std::uint64_t newest = number_ + ring_.capacity();
  const RingReader::Slot slot = ring_.slot_of(newest);
  return slot.state == State::row && slot.row.number >= newest;
}

// Continues after the damaged slot if the recorder does.
bool RingRows::pass_damaged_slot() {
  const RingReader::Slot next = ring_.slot_of(number_ + 1);
  if (next.state != State::row || next.row.number <= number_) return false;
  damaged_++;
  number_++;
  return true;
}

// Damaged slots outside the range of the valid rows may have had rows too.
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
