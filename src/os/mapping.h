// A file in memory, shared with whoever else has it open.
#pragma once

#include <sys/mman.h>

#include <cstddef>
#include <utility>

#include "os/error.h"

namespace rusage_bpf {

class Mapping {
 public:
  Mapping() = default;
  // The file's first bytes, to be read and written.
  static Result<Mapping> open(int fd, std::size_t size, const std::string &path) {
    void *const start = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (start == MAP_FAILED) return errno_error(path);
    return Mapping(static_cast<std::byte *>(start), size);
  }

  Mapping(Mapping &&other) noexcept
      : start_(std::exchange(other.start_, nullptr)), size_(std::exchange(other.size_, 0)) {}
  Mapping &operator=(Mapping &&other) noexcept {
    std::swap(start_, other.start_);
    std::swap(size_, other.size_);
    return *this;
  }
  ~Mapping() {
    if (start_) munmap(start_, size_);
  }

  [[nodiscard]] std::byte *data() const { return start_; }
  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  Mapping(std::byte *start, std::size_t size) : start_(start), size_(size) {}

  std::byte *start_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace rusage_bpf
