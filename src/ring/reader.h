// A recovery ring as it is read: after a crash, or while it is being recorded to. Never writes, locks
// nothing, and trusts no byte that is not sealed.
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
  // Fails, with a line that says why, for what is no ring, or one of another version or byte order,
  // or one with both headers damaged.
  static Result<RingReader> open(const std::string &path);
  static Result<RingReader> open(Fd file, const std::string &path);

  [[nodiscard]] const std::string &path() const { return path_; }
  [[nodiscard]] const Recording &recording() const { return recording_; }
  // Where the recorder was to write the rows as well: absolute paths.
  [[nodiscard]] const std::vector<std::string> &outputs() const { return outputs_; }
  // Whether rows may still come.
  [[nodiscard]] bool being_recorded() const;
  // What is known after the last row, but for the totals; nothing while the recording goes on, or if
  // it was cut short.
  [[nodiscard]] std::optional<Outcome> outcome() const;
  // How many rows a full ring keeps.
  [[nodiscard]] std::uint64_t capacity() const { return header_.slots - 1; }

  // What stands in the slot of a row.
  struct Slot {
    enum class State { row, empty, damaged } state = State::empty;
    Row row;  // of that number, or of an older or newer one in the same slot
  };
  [[nodiscard]] Slot slot_of(std::uint64_t row_number) const;

  // What one pass over all slots finds.
  struct Scan {
    std::vector<std::uint64_t> numbers;        // of the rows that can be trusted, sorted
    std::vector<std::uint64_t> damaged_slots;  // where something else stands, in order
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
  std::vector<std::optional<std::size_t>> column_;  // ours, for each of the file's
};

// The rows of a ring, oldest first, each once. Takes time and memory for the file's slots once or twice, whatever the
// rows' numbers are.
class RingRows {
 public:
  explicit RingRows(const RingReader &ring);

  // The next row; nothing if it is not finished yet, or after the last row of a ring that is not in use.
  std::optional<Row> next();

  // Nobody records any more, and there is no further row.
  [[nodiscard]] bool at_end() const { return at_end_; }
  // Rows before the last one given, or before the end, that are not among them.
  [[nodiscard]] std::uint64_t overwritten() const { return overwritten_; }
  // Those that cannot be trusted, or cannot follow the rows before them.
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
  std::size_t ahead_ = 0;     // in scan_.numbers: nothing before it is greater than number_
  bool over_ = false;         // the scan was made when the ring was no longer in use
  std::uint64_t number_ = 0;  // of the next row
  RowOrder order_;
  std::uint64_t overwritten_ = 0;
  std::uint64_t damaged_ = 0;
  bool at_end_ = false;
};

}  // namespace rusage_bpf
