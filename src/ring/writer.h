// Writes a recovery ring. include/rusage_bpf/ring.h says what a ring guarantees.
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
  // Makes and allocates the file, which only the calling user may read. If there is a ring that no recorder uses,
  // `put_in_place` replaces it; other files are an error. Without a path, the ring is in the first default directory
  // with enough space; if there is none, half as many rows are tried.
  static Result<RingWriter> create(const RingOptions &options);

  [[nodiscard]] const std::string &path() const { return file_.path(); }
  [[nodiscard]] bool in_directory_of_another() const { return file_.in_directory_of_another(); }
  // The number of rows that it keeps.
  [[nodiscard]] std::uint64_t rows() const { return rows_; }
  // Whether it keeps fewer rows than requested, for lack of space.
  [[nodiscard]] bool smaller() const;

  // Writes the headers. Then rows can be added. The file gets its name, unless an older ring has it.
  Result<void> begin(const Recording &recording);
  // Called when the recording has started: keeps the file.
  Result<void> put_in_place() { return file_.put_in_place(); }
  [[nodiscard]] bool in_place() const { return file_.in_place(); }
  // Adds a finished row. Fails if the file was cut short, or if the disk fails.
  Result<void> append(const Row &row);
  // Marks the recording as complete.
  Result<void> end(const Outcome &outcome);
  // Fails if another process has cut the file short or removed it.
  [[nodiscard]] Result<void> check() const;
  // Removes the file, unless its name was given.
  Result<void> remove_unless_named();

 private:
  RingWriter(RingFile file, RingOptions options, std::uint64_t rows)
      : file_(std::move(file)), options_(std::move(options)), rows_(rows) {}
  static Result<RingWriter> create_in_default_directory(const RingOptions &options);
  [[nodiscard]] Result<void> check_mapping() const;
  Result<void> write_to_disk(std::uint64_t offset, std::uint64_t bytes);
  void release_pages_before(std::uint64_t offset);

  RingFile file_;
  RingOptions options_;
  std::uint64_t rows_;
  rusage_ring_header header_{};
  Mapping mapping_;
  std::uint64_t resident_from_ = 0;  // an offset; pages before it were released
};

}  // namespace rusage_bpf
