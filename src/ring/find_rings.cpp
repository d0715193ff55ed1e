#include "ring/find_rings.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "os/caller.h"
#include "os/clock.h"
#include "os/file_lock.h"
#include "ring/default_directories.h"
#include "ring/layout.h"

namespace rusage_bpf {
namespace {

// Whether the file is a ring, or still empty or zeros under the name of an unfinished ring.
bool is_ring(int fd, bool unfinished) {
  rusage_ring_header header{};
  const ssize_t got = pread(fd, &header, sizeof(header), 0);
  if (got == sizeof(header) && has_magic(header)) return true;
  const rusage_ring_header zeros{};
  return unfinished && got >= 0 && std::memcmp(&header, &zeros, static_cast<std::size_t>(got)) == 0;
}

}  // namespace

// python/rusage_bpf/places.py has the same suffixes.
std::vector<std::string> files_beside(const std::string &ring) {
  constexpr std::string_view suffix = ".ring";
  std::vector<std::string> files;
  if (!ring.ends_with(suffix)) return files;
  const std::string stem = ring.substr(0, ring.size() - suffix.size());
  for (const char *other : {".ndjson", ".log", ".json", ".control"}) files.push_back(stem + other);
  return files;
}

RingFound RingFound::read(const std::string &path, bool unfinished) {
  RingFound ring{path, unfinished, 0, 0, 0, RingReader::open(path)};
  struct stat status {};
  if (stat(path.c_str(), &status) == 0) {
    ring.bytes = static_cast<std::uint64_t>(status.st_blocks) * 512;
    ring.changed_realtime_ns = static_cast<std::uint64_t>(std::max<time_t>(status.st_mtim.tv_sec, 0)) * ns_per_s;
  }
  if (!ring.reader) return ring;
  const auto scan = ring.reader->scan();
  ring.rows = std::min<std::uint64_t>(scan.numbers.size(), ring.reader->capacity());
  ring.changed_realtime_ns = ring.start_realtime_ns();
  if (!scan.numbers.empty())
    ring.changed_realtime_ns =
        std::max(ring.changed_realtime_ns, ring.reader->slot_of(scan.numbers.back()).row.realtime_ns);
  return ring;
}

std::vector<RingFound> find_rings() {
  std::vector<RingFound> rings;
  for (const PossibleRing &possible : possible_rings())
    rings.push_back(RingFound::read(possible.path, possible.unfinished));
  std::stable_sort(rings.begin(), rings.end(), [](const RingFound &a, const RingFound &b) {
    return a.start_realtime_ns() > b.start_realtime_ns();
  });
  return rings;
}

Result<LockedRing> LockedRing::lock(const RingFound &ring) {
  const AsCaller as_caller;
  Fd file(open(ring.path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  if (!file) return errno_error(ring.path);
  struct stat status {};
  if (fstat(file.get(), &status) != 0) return errno_error(ring.path);
  if (!S_ISREG(status.st_mode) || status.st_uid != caller().uid || !is_ring(file.get(), ring.unfinished))
    return error("is not a recovery ring of yours");
  if (!prevent_lock(file.get())) return error("is being recorded to");
  return LockedRing(ring.path, std::move(file));
}

Result<void> LockedRing::remove() {
  const AsCaller as_caller;
  struct stat own {};
  struct stat current {};
  if (fstat(file_.get(), &own) != 0 || lstat(path_.c_str(), &current) != 0) return errno_error(path_);
  if (own.st_dev != current.st_dev || own.st_ino != current.st_ino)
    return error(fmt::format("{}: is another file now", path_));
  if (unlink(path_.c_str()) != 0) return errno_error(path_);
  for (const std::string &file : files_beside(path_)) unlink(file.c_str());
  return {};
}

}  // namespace rusage_bpf
