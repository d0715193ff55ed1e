#include "ring/reader.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "document/document.h"
#include "document/fields.h"
#include "model/row_order.h"
#include "os/file_lock.h"
#include "ring/layout.h"

namespace rusage_bpf {
namespace {

constexpr std::uint64_t max_ending_bytes = std::uint64_t{1} << 20;
constexpr std::uint64_t max_slots = std::uint64_t{1} << 40;
constexpr std::uint64_t max_row_number = std::uint64_t{1} << 48;  // 8900 years at 1 ms

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

template <typename T>
T from_bytes(std::string_view bytes) {
  T value{};
  std::memcpy(&value, bytes.data(), std::min(sizeof(value), bytes.size()));
  return value;
}

// Whether the sizes are consistent, so that arithmetic with them stays in bounds.
bool is_plausible(const rusage_ring_header &header) {
  return header.header_bytes <= max_header_bytes && header.header_bytes % RUSAGE_RING_PAGE_BYTES == 0 &&
         header.description_bytes <= header.header_bytes &&
         sizeof(header) + header.description_bytes <= header.header_bytes &&
         header.ending_bytes >= sizeof(rusage_ring_ending) && header.ending_bytes <= max_ending_bytes &&
         header.columns <= RUSAGE_RING_MOST_COLUMNS && header.slot_bytes == slot_bytes(header.columns) &&
         header.slots >= 2 && header.slots <= max_slots;
}

// Values beyond the number of arguments that a command can have are ignored: a value needs more memory than its text.
Json parse_description(const std::string &text) {
  constexpr std::uint64_t max_values = std::uint64_t{1} << 20;
  std::uint64_t values = 0;
  const auto keep = [&](int, Json::parse_event_t event, Json &) {
    return event == Json::parse_event_t::key || ++values <= max_values;
  };
  return Json::parse(text, keep, false);
}

}  // namespace

Result<RingReader> RingReader::open(const std::string &path) {
  // O_NONBLOCK: to open a FIFO without a writer must not block.
  Fd file(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY));
  if (!file) return errno_error(path);
  return open(std::move(file), path);
}

Result<RingReader> RingReader::open(Fd file, const std::string &path) {
  struct stat status {};
  if (fstat(file.get(), &status) != 0) return errno_error(path);
  if (!S_ISREG(status.st_mode)) return error(fmt::format("{}: is not a regular file, so not a recovery ring", path));
  RingReader ring(std::move(file), path);
  const auto file_bytes = static_cast<std::uint64_t>(status.st_size);
  if (auto read = ring.read_header(file_bytes); !read) return tl::unexpected(read.error());
  if (auto read = ring.read_description(); !read) return tl::unexpected(read.error());
  const std::uint64_t from = slots_at(ring.header_);
  ring.slots_present_ = std::min(ring.header_.slots, (std::max(file_bytes, from) - from) / ring.header_.slot_bytes);
  ring.mostly_holes_ = static_cast<std::uint64_t>(status.st_blocks) * 512 < file_bytes / 2;
  return ring;
}

// Reads the first header, or the second if that one is damaged.
Result<void> RingReader::read_header(std::uint64_t file_bytes) {
  if (read_header_at(0)) return {};
  const auto first = from_bytes<rusage_ring_header>(read(0, sizeof(rusage_ring_header)));
  const bool is_ring = has_magic(first);
  if (is_ring && first.byte_order != RUSAGE_RING_BYTE_ORDER &&
      first.byte_order == __builtin_bswap32(RUSAGE_RING_BYTE_ORDER))
    return error(fmt::format("{}: is of a machine with the other byte order; recover it on such a one", path_));
  if (read_second_header(file_bytes)) return {};
  if (is_ring && first.version != RUSAGE_RING_VERSION)
    return error(fmt::format("{}: has the ring format {}, and this rusage-bpf reads format {}", path_, first.version,
                             RUSAGE_RING_VERSION));
  return error(is_ring ? fmt::format("{}: is a recovery ring with a damaged header", path_)
                       : fmt::format("{}: is not a recovery ring", path_));
}

// Its offset depends on its length, which only the header itself has. So all possible offsets are tried.
bool RingReader::read_second_header(std::uint64_t file_bytes) {
  const std::uint64_t max_distance = std::min(file_bytes, max_header_bytes);
  int candidates = 0;
  for (std::uint64_t back = RUSAGE_RING_PAGE_BYTES; back <= max_distance && candidates < 4;
       back += RUSAGE_RING_PAGE_BYTES) {
    const std::uint64_t offset = file_bytes - back;
    const auto header = from_bytes<rusage_ring_header>(read(offset, sizeof(rusage_ring_header)));
    if (!has_magic(header) || !is_plausible(header) || rusage_bpf::file_bytes(header) != file_bytes ||
        header.header_bytes != back)
      continue;
    candidates++;
    if (read_header_at(offset)) return true;
  }
  return false;
}

bool RingReader::read_header_at(std::uint64_t offset) {
  const auto header = from_bytes<rusage_ring_header>(read(offset, sizeof(rusage_ring_header)));
  if (!has_magic(header) || header.version != RUSAGE_RING_VERSION || header.byte_order != RUSAGE_RING_BYTE_ORDER ||
      !is_plausible(header))
    return false;
  const std::string text = read(offset, sizeof(header) + header.description_bytes);
  if (text.size() < sizeof(header) + header.description_bytes ||
      checksum(bytes_of(text).subspan(header_sealed_from)) != header.checksum)
    return false;
  header_ = header;
  description_ = text.substr(sizeof(header));
  return true;
}

Result<void> RingReader::read_description() {
  const Json json = parse_description(description_);
  auto recording = recording_from(json);
  if (!recording) return error(fmt::format("{}: {}", path_, recording.error().message));
  recording_ = *std::move(recording);
  if (const Json *outputs = find_field(json, "outputs"); outputs && outputs->is_array())
    for (const Json &output : *outputs)
      if (output.is_string()) outputs_.push_back(output.get<std::string>());
  for (const Json &column : json.at("columns")) {
    const Json *name = find_field(column, "name");
    if (name && *name == "timestamp") continue;
    const auto *const same = std::find_if(columns.begin(), columns.end(),
                                          [&](const Column &c) { return name != nullptr && *name == c.name; });
    const bool known_here = same != columns.end();
    column_.push_back(known_here ? std::optional(static_cast<std::size_t>(same - columns.begin())) : std::nullopt);
  }
  if (column_.size() != header_.columns)
    return error(fmt::format("{}: is a recovery ring with damaged columns", path_));
  return {};
}

bool RingReader::being_recorded() const {
  const auto ending = from_bytes<rusage_ring_ending>(read(ending_at(header_), sizeof(rusage_ring_ending)));
  return ending.seal == 0 && is_locked(file_.get());
}

std::optional<Outcome> RingReader::outcome() const {
  const std::string page = read(ending_at(header_), header_.ending_bytes);
  const auto ending = from_bytes<rusage_ring_ending>(page);
  if (page.size() < header_.ending_bytes || ending.seal == 0 || ending.bytes > page.size() - sizeof(ending))
    return std::nullopt;
  const std::string_view sealed = std::string_view(page).substr(seal_bytes, sizeof(ending) - seal_bytes + ending.bytes);
  if (checksum(bytes_of(sealed)) != ending.seal) return std::nullopt;
  const Json json = Json::parse(page.substr(sizeof(ending), ending.bytes), nullptr, false);
  const auto outcome = outcome_from(json);
  return outcome ? std::optional(*outcome) : std::nullopt;
}

RingReader::Slot RingReader::slot_of(std::uint64_t row_number) const {
  const std::uint64_t slot = row_number % header_.slots;
  // The recorder may write the row during the read, but not several times in a row.
  constexpr int attempts = 4;
  Slot decoded;
  for (int i = 0; i < attempts; i++) {
    decoded = decode(read(slot_at(header_, row_number), header_.slot_bytes), slot);
    if (decoded.state != Slot::State::damaged) break;
  }
  return decoded;
}

RingReader::Slot RingReader::decode(std::string_view bytes, std::uint64_t slot) const {
  // The file was cut short.
  if (bytes.size() < header_.slot_bytes) return {.state = Slot::State::empty, .row = {}};
  const auto stored = from_bytes<rusage_ring_row>(bytes);
  if (stored.seal == 0) return {.state = Slot::State::empty, .row = {}};
  const Slot damaged{.state = Slot::State::damaged, .row = {}};
  if (checksum(bytes_of(bytes.substr(seal_bytes))) != stored.seal || stored.number % header_.slots != slot)
    return damaged;
  // The seal is valid, but no recorder counts that much.
  if (stored.number > max_row_number || stored.realtime_ns > max_row_value || stored.untracked_tasks > max_row_value ||
      stored.ticks_missed > max_row_value)
    return damaged;
  Row row{.number = stored.number,
          .realtime_ns = stored.realtime_ns,
          .value = {},
          .known = {},
          .losses = {stored.untracked_tasks, stored.ticks_missed}};
  for (std::size_t i = 0; i < column_.size(); i++) {
    if (!column_[i]) continue;
    row.value[*column_[i]] = from_bytes<std::uint64_t>(bytes.substr(sizeof(stored) + i * sizeof(std::uint64_t)));
    row.known[*column_[i]] = (stored.known >> i & 1) != 0;
  }
  return {.state = Slot::State::row, .row = row};
}

RingReader::Scan RingReader::scan() const {
  const std::uint64_t slots_a_read = std::max<std::uint64_t>(1, (std::uint64_t{1} << 20) / header_.slot_bytes);
  Scan scan;
  for (std::uint64_t slot = 0; slot < slots_present_;) {
    slot = slot_with_data(slot);
    const std::uint64_t count = std::min(slots_a_read, slots_present_ - std::min(slot, slots_present_));
    const std::string block = read(slot_at(header_, slot), count * header_.slot_bytes);
    if (block.size() < header_.slot_bytes) break;
    for (std::uint64_t i = 0; (i + 1) * header_.slot_bytes <= block.size(); i++) {
      const Slot found = decode(std::string_view(block).substr(i * header_.slot_bytes, header_.slot_bytes), slot + i);
      if (found.state == Slot::State::row) scan.numbers.push_back(found.row.number);
      if (found.state == Slot::State::damaged) scan.damaged_slots.push_back(slot + i);
    }
    slot += count;
  }
  std::sort(scan.numbers.begin(), scan.numbers.end());
  return scan;
}

// The first slot from this one on that is not in a hole of the file. A recorder allocates the whole file. Another
// program may have made a file that is mostly holes and has any size.
std::uint64_t RingReader::slot_with_data(std::uint64_t slot) const {
  if (!mostly_holes_) return slot;
  const off_t data = lseek(file_.get(), static_cast<off_t>(slot_at(header_, slot)), SEEK_DATA);
  if (data < 0) return errno == ENXIO ? slots_present_ : slot;
  const std::uint64_t at = std::max(static_cast<std::uint64_t>(data), slots_at(header_));
  return std::max<std::uint64_t>(slot, (at - slots_at(header_)) / header_.slot_bytes);
}

// Reads up to `bytes`; fewer at the end of the file.
std::string RingReader::read(std::uint64_t offset, std::size_t bytes) const {
  std::string buffer(bytes, '\0');
  std::size_t got = 0;
  while (got < bytes) {
    const ssize_t more = pread(file_.get(), buffer.data() + got, bytes - got, static_cast<off_t>(offset + got));
    if (more < 0 && errno == EINTR) continue;
    if (more <= 0) break;
    got += static_cast<std::size_t>(more);
  }
  buffer.resize(got);
  return buffer;
}

}  // namespace rusage_bpf
