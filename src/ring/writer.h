// The recovery ring as the recorder writes it; what is promised stands in include/rusage_bpf/ring.h.
#pragma once

#include <cstdint>
#include <string>

#include "model/recording.h"
#include "os/error.h"
#include "os/mapping.h"
#include "os/new_file.h"
#include "ring/options.h"
#include "rusage_bpf/ring.h"

namespace rusage_bpf {

class RingWriter {
 public:
  // Makes the file, which the calling user alone may read. A file that is there is replaced by
  // `put_in_place` if it is a ring that nobody records to; anything else is an error.
  static Result<RingWriter> create(const RingOptions &options);

  [[nodiscard]] const std::string &path() const { return file_.path(); }
  [[nodiscard]] bool in_directory_of_another() const { return file_.in_directory_of_another(); }

  // Allocates all of the file; from now on rows can be stored.
  Result<void> begin(const Recording &recording);
  // Gives the file its name.
  Result<void> put_in_place() { return file_.put_in_place(); }
  [[nodiscard]] bool in_place() const { return file_.in_place(); }
  // When it returns, the row is finished. Fails only where the disk does, with `sync`.
  Result<void> append(const Row &row);
  // The recording is complete.
  Result<void> end(const Outcome &outcome);
  // Every row is safe elsewhere: takes the file away, unless the user has named it.
  Result<void> remove_unless_named();

 private:
  RingWriter(NewFile file, RingOptions options)
      : file_(std::move(file)), options_(std::move(options)) {}
  Result<void> write_to_disk(std::uint64_t offset, std::uint64_t bytes);
  void leave_behind(std::uint64_t offset);

  NewFile file_;
  RingOptions options_;
  rusage_ring_header header_{};
  Mapping mapping_;
  std::uint64_t resident_from_ = 0;  // an offset; what lies before it is left to the page cache
};

}  // namespace rusage_bpf
