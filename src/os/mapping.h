// A file mapped into memory, shared with other processes.
#pragma once

#include <atomic>
#include <cstddef>
#include <utility>

#include "os/error.h"

namespace rusage_bpf {

// Where the file has no bytes any more, as somebody has cut it short, or the disk fails, memory of our own takes the
// mapping's place: what is stored there goes nowhere, and no SIGBUS ends the process.
class Mapping {
 public:
  Mapping() = default;
  // The file's first bytes, to be read and written.
  static Result<Mapping> open(int fd, std::size_t size, const std::string &path);

  Mapping(Mapping &&other) noexcept
      : place_(std::exchange(other.place_, nullptr)),
        start_(std::exchange(other.start_, nullptr)),
        size_(std::exchange(other.size_, 0)) {}
  Mapping &operator=(Mapping &&other) noexcept {
    std::swap(place_, other.place_);
    std::swap(start_, other.start_);
    std::swap(size_, other.size_);
    return *this;
  }
  ~Mapping();

  [[nodiscard]] std::byte *data() const { return start_; }
  [[nodiscard]] std::size_t size() const { return size_; }
  // Whether it is no longer the file's.
  [[nodiscard]] bool lost() const;

  // What a signal handler knows of a mapping.
  struct Place {
    std::atomic<std::byte *> start{nullptr};
    std::atomic<std::size_t> size{0};
    std::atomic<bool> lost{false};
  };

 private:
  Mapping(Place *place, std::byte *start, std::size_t size) : place_(place), start_(start), size_(size) {}

  Place *place_ = nullptr;
  std::byte *start_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace rusage_bpf
