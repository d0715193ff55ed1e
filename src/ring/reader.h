// Reads a recovery ring, after a crash or during the recording. Never writes, locks nothing, and uses only bytes with a
// valid seal.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "model/recording.h"
#include "model/row_order.h"
#include "os/error.h"
#include "os/fd.h"
#include "rusage_bpf/ring.h"

namespace rusage_bpf {

class RingReader {
 public:
  // Fails if the file is no ring, if it has another version or byte order, or if both headers are damaged.
  static Result<RingReader> open(const std::string &path);
  static Result<RingReader> open(Fd file, const std::string &path);

  [[nodiscard]] const std::string &path() const { return path_; }
  [[nodiscard]] const Recording &recording() const { return recording_; }
  // The absolute paths of the recorder's other outputs.
  [[nodiscard]] const std::vector<std::string> &outputs() const { return outputs_; }
  // Whether the recorder is still running, so that more rows may come.
  [[nodiscard]] bool being_recorded() const;
  // What is known after the last row, without the totals. Nothing during the recording, or if it was cut short.
  [[nodiscard]] std::optional<Outcome> outcome() const;
  // How many rows a full ring keeps.
  [[nodiscard]] std::uint64_t capacity() const { return header_.slots - 1; }

  // The contents of a row's slot.
  struct Slot {
    enum class State { row, empty, damaged } state = State::empty;
    Row row;  // with that number, or an older or newer one in the same slot
  };
  [[nodiscard]] Slot slot_of(std::uint64_t row_number) const;

  // The result of one pass over all slots.
  struct Scan {
    std::vector<std::uint64_t> numbers;        // of valid rows, sorted
    std::vector<std::uint64_t> damaged_slots;  // sorted
  };
  [[nodiscard]] Scan scan() const;

 private:
  RingReader(Fd file, std::string path) : file_(std::move(file)), path_(std::move(path)) {}
  Result<void> read_header(std::uint64_t file_bytes);
  bool read_header_at(std::uint64_t offset);
  bool read_second_header(std::uint64_t file_bytes);
  Result<void> read_description();
  [[nodiscard]] std::string read(std::uint64_t offset, std::size_t bytes) const;
  [[nodiscard]] std::uint64_t slot_with_data(std::uint64_t slot) const;
  [[nodiscard]] Slot decode(std::string_view bytes, std::uint64_t slot) const;

  Fd file_;
  std::string path_;
  rusage_ring_header header_{};
  std::uint64_t slots_present_ = 0;
  bool mostly_holes_ = false;
  std::string description_;
  Recording recording_;
  std::vector<std::string> outputs_;
  std::vector<std::optional<std::size_t>> column_;  // the index in `columns` of each column in the file
};

// The rows of a ring, the oldest first, each once. Time and memory depend on the number of slots, and not on the rows'
// numbers.
class RingRows {
 public:
  explicit RingRows(const RingReader &ring);

  // The next row. Nothing if it is not finished yet, or at the end.
  std::optional<Row> next();

  // The recorder is not running, and there is no further row.
  [[nodiscard]] bool at_end() const { return at_end_; }
  // Rows so far that newer ones have overwritten.
  [[nodiscard]] std::uint64_t overwritten() const { return overwritten_; }
  // Rows that are not valid, or that cannot follow the rows before them.
  [[nodiscard]] std::uint64_t damaged() const { return damaged_; }

 private:
  void scan();
  void go_to_oldest(std::uint64_t newest);
  bool pass_gap();
  bool is_being_overwritten() const;
  bool pass_damaged_slot();
  void finish();

  const RingReader &ring_;
  RingReader::Scan scan_;
  std::size_t ahead_ = 0;     // an index in scan_.numbers; all numbers before it are at most number_
  bool over_ = false;         // the recorder had ended before the scan
  std::uint64_t number_ = 0;  // of the next row
  RowOrder order_;
  std::uint64_t overwritten_ = 0;
  std::uint64_t damaged_ = 0;
  bool at_end_ = false;
};

}  // namespace rusage_bpf
