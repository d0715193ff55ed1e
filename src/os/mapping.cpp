#include "os/mapping.h"

#include <sys/mman.h>

#include <array>

#include "os/bus_signal.h"

namespace rusage_bpf {
namespace {

// An array of fixed size, because a signal handler reads it. A recorder has one mapping, tests have more.
std::array<Mapping::Entry, 16> entries;  // NOLINT(cppcoreguidelines-avoid-non-const-global-variables)
static_assert(std::atomic<std::byte *>::is_always_lock_free);

// mmap may be called in a signal handler: it is only a system call.
bool reentry_mapping_at(const std::byte *address) {
  for (Mapping::Entry &entry : entries) {
    std::byte *const start = entry.start;
    const std::size_t size = entry.size;
    if (!start || address < start || address >= start + size) continue;
    entry.lost = true;
    return mmap(start, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == start;
  }
  return false;
}

Mapping::Entry *find_free_entry() {
  for (Mapping::Entry &entry : entries)
    if (!entry.start) return &entry;
  return nullptr;
}

}  // namespace

Result<Mapping> Mapping::open(int fd, std::size_t size, const std::string &path) {
  Entry *const entry = find_free_entry();
  if (!entry) return error(path + ": too many mapped files");
  if (auto handled = handle_faults(reentry_mapping_at); !handled) return tl::unexpected(handled.error());
  void *const mapped = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (mapped == MAP_FAILED) return errno_error(path);
  // Pages are used one at a time. Without, the kernel would read and clear others around each.
  madvise(mapped, size, MADV_RANDOM);
  auto *const start = static_cast<std::byte *>(mapped);
  entry->lost = false;
  entry->size = size;
  entry->start = start;
  return Mapping(entry, start, size);
}

Mapping::~Mapping() {
  if (!start_) return;
  entry_->start = nullptr;
  munmap(start_, size_);
}

bool Mapping::lost() const {
  return entry_ != nullptr && entry_->lost;
}

}  // namespace rusage_bpf
