// The file of a recovery ring, from before it has its name until it is taken away.
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
  // Makes a file of so many bytes, all of them allocated, that the calling user alone may read and that is locked for
  // as long as it is open. At `path` there may be nothing, or a ring that nobody records to, and to which nobody can
  // record then. `free_bytes` is how much room the disk has to have.
  static Result<RingFile> create(const std::string &path, std::uint64_t bytes, std::uint64_t free_bytes);

  RingFile(RingFile &&other) noexcept = default;
  RingFile &operator=(RingFile &&) = delete;
  // Takes the file away if it is not in place.
  ~RingFile();

  [[nodiscard]] const std::string &path() const { return file_.path(); }
  [[nodiscard]] int fd() const { return file_.fd(); }
  // Whether naming the file needs the right to write into whatever directory.
  [[nodiscard]] bool in_directory_of_another() const { return file_.in_directory_of_another(); }

  Result<void> allocate(std::uint64_t bytes, std::uint64_t free_bytes) const;
  // Gives it its name, unless an older ring has that. Fails where anything else has come to have it.
  Result<void> claim_name();
  // From now on it stays; it takes the place of an older ring.
  Result<void> put_in_place();
  [[nodiscard]] bool in_place() const { return in_place_; }
  // Whether its name still names it.
  [[nodiscard]] bool has_its_name() const;
  // Takes the file away, if it is still there; not what somebody else has put under its name.
  Result<void> remove();

 private:
  RingFile(NewFile file, Fd old) : file_(std::move(file)), old_(std::move(old)) {}

  NewFile file_;
  Fd old_;  // the ring that is to be replaced; locked
  bool in_place_ = false;
};

// Whether it is the name of a ring's file that was not complete when its recorder was killed.
bool is_unfinished_name(std::string_view name);

}  // namespace rusage_bpf
