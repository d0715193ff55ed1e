// The file of a recovery ring, from its creation without a name to its removal.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "os/error.h"
#include "os/fd.h"
#include "os/new_file.h"

namespace rusage_bpf {

class RingFile {
 public:
  // Makes a file of `bytes`, and allocates and locks all of it. Only the calling user may read it. At `path` there may
  // be no file, or a ring that no recorder uses, which is locked too. The disk must have `free_bytes`.
  static Result<RingFile> create(const std::string &path, std::uint64_t bytes, std::uint64_t free_bytes);

  RingFile(RingFile &&other) noexcept = default;
  RingFile &operator=(RingFile &&) = delete;
  // Removes the file if it is not in place.
  ~RingFile();

  [[nodiscard]] const std::string &path() const { return file_.path(); }
  [[nodiscard]] int fd() const { return file_.fd(); }
  // Whether the file is in a directory that only a privileged recorder can write.
  [[nodiscard]] bool in_directory_of_another() const { return file_.in_directory_of_another(); }

  Result<void> allocate(std::uint64_t bytes, std::uint64_t free_bytes) const;
  // Gives the file its name, unless an older ring has that name. Fails if another file has it now.
  Result<void> claim_name();
  // Keeps the file from now on, and replaces an older ring.
  Result<void> put_in_place();
  [[nodiscard]] bool in_place() const { return in_place_; }
  // Whether the file still has its name.
  [[nodiscard]] bool has_its_name() const;
  // Removes the file, but no other file that has its name now.
  Result<void> remove();

 private:
  RingFile(NewFile file, Fd old) : file_(std::move(file)), old_(std::move(old)) {}

  NewFile file_;
  Fd old_;  // the older ring, locked
  bool in_place_ = false;
};

// Whether it is the name of a ring that was not complete when its recorder was killed.
bool is_unfinished_name(std::string_view name);

}  // namespace rusage_bpf
