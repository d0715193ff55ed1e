// A file mapped into memory, shared with other processes.
#pragma once

#include <atomic>
#include <cstddef>
#include <utility>

#include "os/error.h"

namespace rusage_bpf {

// If the file was cut short or the disk fails, private memory replaces the mapping, so that no SIGBUS ends the process.
// What is stored there is lost.
class Mapping {
 public:
  Mapping() = default;
  // Maps the first `size` bytes of the file, to read and write.
  static Result<Mapping> open(int fd, std::size_t size, const std::string &path);

  Mapping(Mapping &&other) noexcept
      : entry_(std::exchange(other.entry_, nullptr)),
        start_(std::exchange(other.start_, nullptr)),
        size_(std::exchange(other.size_, 0)) {}
  Mapping &operator=(Mapping &&other) noexcept {
    std::swap(entry_, other.entry_);
    std::swap(start_, other.start_);
    std::swap(size_, other.size_);
    return *this;
  }
  ~Mapping();

  [[nodiscard]] std::byte *data() const { return start_; }
  [[nodiscard]] std::size_t size() const { return size_; }
  // Whether private memory has replaced the mapping.
  [[nodiscard]] bool lost() const;

  // The data of a mapping for the signal handler.
  struct Entry {
    std::atomic<std::byte *> start{nullptr};
    std::atomic<std::size_t> size{0};
    std::atomic<bool> lost{false};
  };

 private:
  Mapping(Entry *entry, std::byte *start, std::size_t size) : entry_(entry), start_(start), size_(size) {}

  Entry *entry_ = nullptr;
  std::byte *start_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace rusage_bpf
