// A BPF array that user space has mapped.
#pragma once

#include <sys/mman.h>

#include <span>
#include <utility>

#include "os/error.h"

namespace rusage_bpf {

// T is what one element holds; const where user space only reads it.
template <typename T>
class MappedArray {
 public:
  // `map` is the descriptor of a BPF_MAP_TYPE_ARRAY with BPF_F_MMAPABLE, of `count` elements.
  static Result<MappedArray> map(int map, std::size_t count) {
    const int access = std::is_const_v<T> ? PROT_READ : PROT_READ | PROT_WRITE;
    void *memory = mmap(nullptr, count * sizeof(T), access, MAP_SHARED, map, 0);
    if (memory == MAP_FAILED) return errno_error("mapping what the BPF programs share with us");
    return MappedArray(std::span(static_cast<T *>(memory), count));
  }

  MappedArray() = default;  // empty
  MappedArray(MappedArray &&other) noexcept : elements_(std::exchange(other.elements_, {})) {}
  MappedArray &operator=(MappedArray &&other) noexcept {
    std::swap(elements_, other.elements_);
    return *this;
  }
  ~MappedArray() {
    if (!elements_.empty()) munmap(const_cast<std::remove_const_t<T> *>(elements_.data()), elements_.size_bytes());
  }

  [[nodiscard]] std::span<T> get() const { return elements_; }

 private:
  explicit MappedArray(std::span<T> elements) : elements_(elements) {}

  std::span<T> elements_;
};

}  // namespace rusage_bpf
