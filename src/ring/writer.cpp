#include "ring/writer.h"

#include <fmt/format.h>
#include <linux/magic.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstring>

#include "document/document.h"
#include "os/clock.h"
#include "ring/default_directories.h"
#include "ring/layout.h"

namespace rusage_bpf {
namespace {

constexpr std::uint64_t own_slot_bytes = slot_bytes(column_count);
constexpr std::uint64_t min_default_rows = (std::uint64_t{4} << 20) / own_slot_bytes;
constexpr std::uint64_t max_default_rows = (std::uint64_t{64} << 20) / own_slot_bytes;
// A ring is never smaller than this.
constexpr std::uint64_t min_rows = (std::uint64_t{64} << 10) / own_slot_bytes;
// Allocated for the description before that is known. Most are 3 KiB.
constexpr std::uint64_t usual_header_bytes = std::uint64_t{16} << 10;
constexpr std::uint64_t own_ending_bytes = std::uint64_t{16} << 10;
static_assert(column_count <= RUSAGE_RING_MOST_COLUMNS);

// A slot with a row.
struct Slot {
  rusage_ring_row row;
  Values value;
};
static_assert(sizeof(Slot) == own_slot_bytes);

// Pages in memory may be larger than those of the file.
std::uint64_t page_start(std::uint64_t offset) {
  static const auto page_bytes = static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
  return offset / page_bytes * page_bytes;
}

std::uint64_t wanted_rows(const RingOptions &options) {
  if (options.rows > 0) return options.rows;
  constexpr std::uint64_t hour_ns = 3600 * ns_per_s;
  return std::clamp(hour_ns / std::max<std::uint64_t>(options.interval_ns, 1) + 1, min_default_rows, max_default_rows);
}

rusage_ring_header header_of(std::uint64_t rows, std::uint64_t description_bytes) {
  rusage_ring_header header{};
  std::memcpy(header.magic, RUSAGE_RING_MAGIC, sizeof(header.magic));
  header.version = RUSAGE_RING_VERSION;
  header.byte_order = RUSAGE_RING_BYTE_ORDER;
  header.header_bytes = std::max(usual_header_bytes, whole_pages(sizeof(header) + description_bytes));
  header.ending_bytes = own_ending_bytes;
  header.slots = rows + 1;
  header.slot_bytes = own_slot_bytes;
  header.columns = column_count;
  header.description_bytes = description_bytes;
  return header;
}

// The begin of a document, with the paths of the outputs.
std::string description_of(const Recording &recording, const RingOptions &options) {
  Json json = begin_json(recording);
  json["outputs"] = options.outputs;
  return to_text(json);
}

// Whether files there are in memory. The command's cgroup is charged for the ring's memory then.
bool is_in_memory(const std::string &path) {
  struct statfs system {};
  const std::string directory = path.substr(0, path.rfind('/') + 1);
  return statfs(directory.c_str(), &system) == 0 && (system.f_type == TMPFS_MAGIC || system.f_type == RAMFS_MAGIC);
}

bool is_for_lack_of_space(const Error &failure) {
  return failure.errno_value == ENOSPC || failure.errno_value == EDQUOT || failure.errno_value == EFBIG ||
         failure.errno_value == ENOMEM;
}

}  // namespace

Result<RingWriter> RingWriter::create(const RingOptions &options) {
  if (options.path.empty()) return create_in_default_directory(options);
  const std::uint64_t rows = wanted_rows(options);
  const std::uint64_t bytes = file_bytes(header_of(rows, 0));
  auto file = RingFile::create(options.path, bytes, bytes);
  if (!file) return tl::unexpected(file.error());
  return RingWriter(*std::move(file), options, rows);
}

// The user did not ask for this ring, so it uses at most half of the free space.
Result<RingWriter> RingWriter::create_in_default_directory(const RingOptions &options) {
  const std::vector<std::string> paths = new_ring_paths();
  std::string failures;
  for (std::uint64_t max_rows = wanted_rows(options);; max_rows /= 2) {
    bool lacks_space = false;
    failures.clear();
    for (const std::string &path : paths) {
      const bool is_small = options.rows == 0 && is_in_memory(path);
      const std::uint64_t rows = is_small ? std::min(max_rows, min_default_rows) : max_rows;
      const std::uint64_t bytes = file_bytes(header_of(rows, 0));
      auto file = RingFile::create(path, bytes, 2 * bytes);
      if (file) return RingWriter(*std::move(file), options, rows);
      lacks_space |= is_for_lack_of_space(file.error());
      failures += (failures.empty() ? "" : "; ") + file.error().message;
    }
    if (!lacks_space || max_rows <= min_rows) return error(failures);
  }
}

bool RingWriter::smaller() const {
  return rows_ < (options_.rows > 0 ? options_.rows : min_default_rows);
}

Result<void> RingWriter::begin(const Recording &recording) {
  const std::string description = description_of(recording, options_);
  header_ = header_of(rows_, description.size());
  if (header_.header_bytes > max_header_bytes)
    return error(fmt::format("{}: the command is too long for a recovery ring", path()));
  const std::uint64_t size = file_bytes(header_);
  if (header_.header_bytes > usual_header_bytes)
    if (auto allocated = file_.allocate(size, size); !allocated) return allocated;
  auto mapping = Mapping::open(file_.fd(), size, path());
  if (!mapping) return tl::unexpected(mapping.error());
  mapping_ = *std::move(mapping);

  std::byte *const first = mapping_.data();
  std::memcpy(first, &header_, sizeof(header_));
  std::memcpy(first + sizeof(header_), description.data(), description.size());
  header_.checksum = checksum({first + header_sealed_from, sizeof(header_) - header_sealed_from + description.size()});
  std::memcpy(first, &header_, sizeof(header_));
  std::memcpy(first + second_header_at(header_), first, sizeof(header_) + description.size());
  resident_from_ = page_start(slots_at(header_));
  if (auto written = write_to_disk(0, size); !written) return written;
  return file_.claim_name();
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
  // A reader finds either no seal or the seal of exactly these bytes.
  placed_seal.store(0, std::memory_order_relaxed);
  std::atomic_thread_fence(std::memory_order_release);
  std::memcpy(place + seal_bytes, bytes.data() + seal_bytes, bytes.size() - seal_bytes);
  placed_seal.store(seal, std::memory_order_release);
  release_pages_before(offset);
  return write_to_disk(offset, own_slot_bytes);
}

Result<void> RingWriter::end(const Outcome &outcome) {
  const std::string text = to_text(end_json(outcome));
  // The text has a bounded length, so this does not happen. It would lose no rows.
  if (sizeof(rusage_ring_ending) + text.size() > header_.ending_bytes)
    return error(fmt::format("{}: no room for the recording's end", path()));
  std::byte *const place = mapping_.data() + ending_at(header_);
  rusage_ring_ending ending{.seal = 0, .bytes = text.size()};
  std::memcpy(place + sizeof(ending), text.data(), text.size());
  std::memcpy(place, &ending, sizeof(ending));
  const std::uint64_t seal = checksum({place + seal_bytes, sizeof(ending) - seal_bytes + text.size()});
  std::atomic_ref(*reinterpret_cast<std::uint64_t *>(place)).store(seal, std::memory_order_release);
  return write_to_disk(ending_at(header_), header_.ending_bytes);
}

Result<void> RingWriter::remove_unless_named() {
  return options_.path.empty() ? file_.remove() : Result<void>();
}

Result<void> RingWriter::write_to_disk(std::uint64_t offset, std::uint64_t bytes) {
  if (!options_.sync) return check_mapping();
  const std::uint64_t from = page_start(offset);
  if (msync(mapping_.data() + from, offset + bytes - from, MS_SYNC) != 0) return errno_error(path());
  return check_mapping();
}

Result<void> RingWriter::check_mapping() const {
  if (!mapping_.lost()) return {};
  return error(fmt::format("{}: was cut short, or its disk fails", path()));
}

Result<void> RingWriter::check() const {
  if (auto mapped = check_mapping(); !mapped) return mapped;
  struct stat status {};
  if (fstat(file_.fd(), &status) == 0 && static_cast<std::size_t>(status.st_size) < mapping_.size())
    return error(fmt::format("{}: was cut short", path()));
  if (!file_.has_its_name()) return error(fmt::format("{}: was removed", path()));
  return {};
}

// The page cache keeps these pages. Without this, the recorder's resident memory would grow to the size of the ring.
void RingWriter::release_pages_before(std::uint64_t offset) {
  constexpr std::uint64_t min_release = std::uint64_t{256} << 10;
  if (offset < resident_from_) resident_from_ = page_start(slots_at(header_));  // it wrapped round
  const std::uint64_t end = page_start(offset);
  if (end < resident_from_ + min_release) return;
  madvise(mapping_.data() + resident_from_, end - resident_from_, MADV_DONTNEED);
  resident_from_ = end;
}

}  // namespace rusage_bpf
