#include "os/mapping.h"

#include <sys/mman.h>

#include <array>

#include "os/bus_signal.h"

namespace rusage_bpf {
namespace {

// Fixed, as a signal handler reads it. A recorder has one mapping; there is room for a test's.
std::array<Mapping::Place, 16> places;  // NOLINT(cppcoreguidelines-avoid-non-const-global-variables)
static_assert(std::atomic<std::byte *>::is_always_lock_free);

// mmap is a system call and no more, as a signal handler needs it.
bool replace_mapping_at(const std::byte *address) {
  for (Mapping::Place &place : places) {
    std::byte *const start = place.start;
    const std::size_t size = place.size;
    if (!start || address < start || address >= start + size) continue;
    place.lost = true;
    return mmap(start, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == start;
  }
  return false;
}

Mapping::Place *find_free_place() {
  for (Mapping::Place &place : places)
    if (!place.start) return &place;
  return nullptr;
}

}  // namespace

Result<Mapping> Mapping::open(int fd, std::size_t size, const std::string &path) {
  Place *const place = find_free_place();
  if (!place) return error(path + ": too many mapped files");
  if (auto handled = handle_faults(replace_mapping_at); !handled) return tl::unexpected(handled.error());
  void *const mapped = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (mapped == MAP_FAILED) return errno_error(path);
  auto *const start = static_cast<std::byte *>(mapped);
  place->lost = false;
  place->size = size;
  place->start = start;
  return Mapping(place, start, size);
}

Mapping::~Mapping() {
  if (!start_) return;
  place_->start = nullptr;
  munmap(start_, size_);
}

bool Mapping::lost() const {
  return place_ != nullptr && place_->lost;
}

}  // namespace rusage_bpf
