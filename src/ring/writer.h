// The recovery ring as the recorder writes it; what is promised stands in include/rusage_bpf/ring.h.
#pragma once

#include <cstdint>
#include <string>

#include "model/recording.h"
#include "os/error.h"
#include "os/mapping.h"
#include "ring/file.h"
#include "ring/options.h"
#include "rusage_bpf/ring.h"

namespace rusage_bpf {

class RingWriter {
 public:
  // Makes the file, which the calling user alone may read, and allocates all of it. A file that is there is replaced by
  // `put_in_place` if it is a ring that nobody records to; anything else is an error. Without a path, the ring is where
  // there is room for it, and half as many rows are tried where there is none.
  static Result<RingWriter> create(const RingOptions &options);

  [[nodiscard]] const std::string &path() const { return file_.path(); }
  [[nodiscard]] bool in_directory_of_another() const { return file_.in_directory_of_another(); }
  // How many rows it keeps.
  [[nodiscard]] std::uint64_t rows() const { return rows_; }
  // Whether there was no room for as many as were wanted.
  [[nodiscard]] bool smaller() const;

  // From now on rows can be stored. The file has its name, unless an older ring has it.
  Result<void> begin(const Recording &recording);
  // The recording has begun: the file stays.
  Result<void> put_in_place() { return file_.put_in_place(); }
  [[nodiscard]] bool in_place() const { return file_.in_place(); }
  // When it returns, the row is finished. Fails where somebody has cut the file short, or the disk fails.
  Result<void> append(const Row &row);
  // The recording is complete.
  Result<void> end(const Outcome &outcome);
  // Whether the file is still whole and in its place; others may have changed that.
  [[nodiscard]] Result<void> check() const;
  // Every row is safe elsewhere: takes the file away, unless the user has named it.
  Result<void> remove_unless_named();

 private:
  RingWriter(RingFile file, RingOptions options, std::uint64_t rows)
      : file_(std::move(file)), options_(std::move(options)), rows_(rows) {}
  static Result<RingWriter> create_somewhere(const RingOptions &options);
  [[nodiscard]] Result<void> check_mapping() const;
  Result<void> write_to_disk(std::uint64_t offset, std::uint64_t bytes);
  void leave_behind(std::uint64_t offset);

  RingFile file_;
  RingOptions options_;
  std::uint64_t rows_;
  rusage_ring_header header_{};
  Mapping mapping_;
  std::uint64_t resident_from_ = 0;  // an offset; what lies before it is left to the page cache
};

}  // namespace rusage_bpf
