#include "ring/writer.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstring>

#include "document/document.h"
#include "os/caller.h"
#include "os/file_lock.h"
#include "ring/layout.h"
#include "ring/places.h"

namespace rusage_bpf {
namespace {

constexpr std::uint64_t most_default_rows = 1 << 20;
constexpr std::uint64_t most_default_bytes = std::uint64_t{64} << 20;
constexpr std::uint64_t own_slot_bytes = slot_bytes(column_count);
static_assert(column_count <= RUSAGE_RING_MOST_COLUMNS);

// A row as it stands in a slot of ours.
struct Slot {
  rusage_ring_row row;
  Values value;
};
static_assert(sizeof(Slot) == own_slot_bytes);

// In memory, whose pages may be larger than the file's.
std::uint64_t page_start(std::uint64_t offset) {
  static const auto page_bytes = static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
  return offset / page_bytes * page_bytes;
}

// Gives the file its blocks; an errno if there are not so many. A disk on which they cannot be is not
// filled up before that shows, since others are writing to it.
int allocate(int fd, std::uint64_t size) {
  struct statvfs disk {};
  if (fstatvfs(fd, &disk) == 0 && disk.f_blocks > 0 && size / disk.f_frsize >= disk.f_bavail)
    return ENOSPC;
  return posix_fallocate(fd, 0, static_cast<off_t>(size));
}

// Nothing of somebody's is ever replaced: only a ring, and only one that nobody records to.
Result<void> check_replaceable(const std::string &path) {
  const AsCaller as_caller;
  const Fd old(open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  struct stat status {};
  // Nothing there, or what the making of the file will find wrong and say.
  if (!old || fstat(old.get(), &status) != 0 || !S_ISREG(status.st_mode)) return {};
  rusage_ring_header header{};
  const bool is_ring =
      pread(old.get(), &header, sizeof(header), 0) == sizeof(header) && has_magic(header);
  if (!is_ring)
    return error(fmt::format("{}: exists and is no recovery ring; choose another name", path));
  if (is_locked(old.get()))
    return error(fmt::format("{}: is being recorded to; choose another name", path));
  return {};
}

Result<NewFile> create_in_default_place() {
  std::string failures;
  for (const std::string &path : new_ring_paths()) {
    auto file = NewFile::create(path, 0600);
    if (file) return file;
    failures += file.error().message + "; ";
  }
  return error(failures + "name a file for the recovery ring with --ring");
}

}  // namespace

Result<RingWriter> RingWriter::create(const RingOptions &options) {
  if (!options.path.empty())
    if (auto checked = check_replaceable(options.path); !checked)
      return tl::unexpected(checked.error());
  auto file =
      options.path.empty() ? create_in_default_place() : NewFile::create(options.path, 0600);
  if (!file) return tl::unexpected(file.error());
  if (auto locked = lock(file->fd(), file->path()); !locked) return tl::unexpected(locked.error());
  return RingWriter(*std::move(file), options);
}

Result<void> RingWriter::begin(const Recording &recording) {
  const std::string description = to_text(begin_json(recording));
  const std::uint64_t rows = options_.rows > 0
                                 ? options_.rows
                                 : std::min(most_default_rows, most_default_bytes / own_slot_bytes);
  std::memcpy(header_.magic, RUSAGE_RING_MAGIC, sizeof(header_.magic));
  header_.version = RUSAGE_RING_VERSION;
  header_.byte_order = RUSAGE_RING_BYTE_ORDER;
  header_.header_bytes = whole_pages(sizeof(header_) + description.size());
  header_.ending_bytes = RUSAGE_RING_PAGE_BYTES;
  header_.slots = rows + 1;
  header_.slot_bytes = own_slot_bytes;
  header_.columns = column_count;
  header_.description_bytes = description.size();

  const std::uint64_t size = file_bytes(header_);
  if (const int failure = allocate(file_.fd(), size); failure != 0)
    return errno_error(fmt::format("{}: {} MiB for the recovery ring (see --ring, --ring-rows)",
                                   path(), (size >> 20) + 1),
                       failure);
  auto mapping = Mapping::open(file_.fd(), size, path());
  if (!mapping) return tl::unexpected(mapping.error());
  mapping_ = *std::move(mapping);

  std::byte *const first = mapping_.data();
  std::memcpy(first, &header_, sizeof(header_));
  std::memcpy(first + sizeof(header_), description.data(), description.size());
  header_.checksum = checksum(
      {first + header_sealed_from, sizeof(header_) - header_sealed_from + description.size()});
  std::memcpy(first, &header_, sizeof(header_));
  std::memcpy(first + second_header_at(header_), first, sizeof(header_) + description.size());
  resident_from_ = page_start(slots_at(header_));
  return write_to_disk(0, size);
}

Result<void> RingWriter::append(const Row &row) {
  Slot slot{.row = {.seal = 0,
                    .number = row.number,
                    .realtime_ns = row.realtime_ns,
                    .known = row.known.to_ullong(),
                    .untracked_tasks = row.losses.untracked_tasks,
                    .ticks_missed = row.losses.ticks_missed},
            .value = row.value};
  const auto bytes = std::as_bytes(std::span(&slot, 1));
  const std::uint64_t seal = checksum(bytes.subspan(seal_bytes));

  const std::uint64_t offset = slot_at(header_, row.number);
  std::byte *const place = mapping_.data() + offset;
  std::atomic_ref<std::uint64_t> placed_seal(*reinterpret_cast<std::uint64_t *>(place));
  // Whoever reads meanwhile finds either no seal, or the seal of just these bytes.
  placed_seal.store(0, std::memory_order_relaxed);
  std::atomic_thread_fence(std::memory_order_release);
  std::memcpy(place + seal_bytes, bytes.data() + seal_bytes, bytes.size() - seal_bytes);
  placed_seal.store(seal, std::memory_order_release);
  leave_behind(offset);
  return write_to_disk(offset, own_slot_bytes);
}

Result<void> RingWriter::end(const Outcome &outcome) {
  const std::string text = to_text(end_json(outcome));
  // Figures of bounded length: a text without them would be a mistake of ours, and no loss of rows.
  if (sizeof(rusage_ring_ending) + text.size() > header_.ending_bytes)
    return error(fmt::format("{}: no room for the recording's end", path()));
  std::byte *const place = mapping_.data() + ending_at(header_);
  rusage_ring_ending ending{.seal = 0, .bytes = text.size()};
  std::memcpy(place + sizeof(ending), text.data(), text.size());
  std::memcpy(place, &ending, sizeof(ending));
  const std::uint64_t seal =
      checksum({place + seal_bytes, sizeof(ending) - seal_bytes + text.size()});
  std::atomic_ref(*reinterpret_cast<std::uint64_t *>(place)).store(seal, std::memory_order_release);
  return write_to_disk(ending_at(header_), header_.ending_bytes);
}

Result<void> RingWriter::remove_unless_named() {
  return options_.path.empty() ? file_.remove() : Result<void>();
}

Result<void> RingWriter::write_to_disk(std::uint64_t offset, std::uint64_t bytes) {
  if (!options_.sync) return {};
  const std::uint64_t from = page_start(offset);
  if (msync(mapping_.data() + from, offset + bytes - from, MS_SYNC) != 0)
    return errno_error(path());
  return {};
}

// What lies behind is the page cache's, not ours to hold: our memory stays flat round the whole ring.
void RingWriter::leave_behind(std::uint64_t offset) {
  constexpr std::uint64_t stretch = std::uint64_t{256} << 10;
  if (offset < resident_from_)
    resident_from_ = page_start(slots_at(header_));  // it has wrapped round
  const std::uint64_t end = page_start(offset);
  if (end < resident_from_ + stretch) return;
  madvise(mapping_.data() + resident_from_, end - resident_from_, MADV_DONTNEED);
  resident_from_ = end;
}

}  // namespace rusage_bpf
