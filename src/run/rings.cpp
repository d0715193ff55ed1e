#include "run/rings.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <ctime>

#include "document/document.h"
#include "input/reader.h"
#include "os/clock.h"
#include "os/message.h"
#include "os/text.h"
#include "os/write_all.h"
#include "output/default_name.h"
#include "output/summary_sink.h"
#include "output/text.h"
#include "ring/find_rings.h"

namespace rusage_bpf {
namespace {

std::string started(std::uint64_t realtime_ns) {
  if (realtime_ns == 0) return "";
  return fmt::format("{:%Y-%m-%d %H:%M:%S}", fmt::localtime(static_cast<std::time_t>(realtime_ns / ns_per_s)));
}

std::uint64_t age_ns(const RingFound &ring) {
  const std::uint64_t now_ns = realtime_ns();
  return now_ns - std::min(ring.changed_realtime_ns, now_ns);
}

// For example "3 d": a whole number of the largest unit.
std::string age(std::uint64_t ns) {
  const std::uint64_t s = ns / ns_per_s;
  if (s < 60) return fmt::format("{} s", s);
  if (s < 3600) return fmt::format("{} min", s / 60);
  if (s < 86400) return fmt::format("{} h", s / 3600);
  return fmt::format("{} d", s / 86400);
}

std::string_view state_of(const RingFound &ring) {
  if (ring.unfinished) return "unfinished";
  if (!ring.reader) return "unreadable";
  if (ring.reader->being_recorded()) return "recording";
  return ring.reader->outcome() ? "complete" : "cut short";
}

// Counts the rows of a document. Fails if it is of another recording.
class SameRecording final : public Sink {
 public:
  explicit SameRecording(const Recording &recording) : meta_(begin_json(recording)["meta"]) {}

  Result<void> begin(const Recording &recording) override {
    if (begin_json(recording)["meta"] != meta_) return error("is of another recording");
    return {};
  }
  Result<void> row(const Row &row) override {
    rows_++;
    last_ = row;
    return {};
  }
  Result<void> end(const Outcome &) override { return {}; }

  [[nodiscard]] std::uint64_t rows() const { return rows_; }
  [[nodiscard]] std::uint64_t elapsed_ns() const { return last_.value[RUSAGE_elapsed]; }

 private:
  Json meta_;
  std::uint64_t rows_ = 0;
  Row last_;
};

// Whether the document has all rows of the ring: at least as many, up to the same time.
bool holds_rows_of(const RingFound &ring, const std::string &path) {
  const auto input = InputFile::open(path);
  if (!input) return false;
  SameRecording document(ring.reader->recording());
  if (!read_recording(*input, document) || document.rows() < ring.rows) return false;
  const auto numbers = ring.reader->scan().numbers;
  const Row newest = ring.reader->slot_of(numbers.back()).row;
  constexpr std::uint64_t rounding_ns = 1000;  // a document's times are decimal seconds
  return document.elapsed_ns() + rounding_ns >= newest.value[RUSAGE_elapsed];
}

// A document with the ring's rows. The files beside the ring are removed with it, so they do not count.
std::optional<std::string> find_document(const RingFound &ring) {
  const auto ring_files = files_beside(ring.path);
  for (const std::string &output : ring.reader->outputs())
    for (const std::string &path : possible_names(output))
      if (std::find(ring_files.begin(), ring_files.end(), path) == ring_files.end() && holds_rows_of(ring, path))
        return path;
  return std::nullopt;
}

// Why the ring can be removed; empty if it cannot.
std::string reason_to_remove(const RingFound &ring, std::optional<std::uint64_t> older_than_ns) {
  if (ring.unfinished) return "it was never complete";
  if (ring.reader && ring.rows == 0) return "it holds no rows";
  if (ring.reader)
    if (const auto document = find_document(ring)) return fmt::format("its rows are in {}", one_line(*document));
  if (older_than_ns && age_ns(ring) >= *older_than_ns) return fmt::format("its last row is {} old", age(age_ns(ring)));
  return "";
}

struct Amount {
  std::uint64_t rings = 0;
  std::uint64_t bytes = 0;

  void add(const RingFound &ring) {
    rings++;
    bytes += ring.bytes;
  }
  [[nodiscard]] std::string text() const {
    return fmt::format("{} {}, {}", human_count(rings), rings == 1 ? "ring" : "rings", human_bytes(bytes));
  }
};

}  // namespace

Result<void> list_rings() {
  const auto rings = find_rings();
  if (rings.empty()) {
    say("there are no recovery rings");
    return {};
  }
  constexpr auto line = "{:<19}  {:>6}  {:>11}  {:>9}  {:<10}  {}  {}\n";
  std::string list = fmt::format(line, "STARTED", "AGE", "ROWS", "SIZE", "STATE", padded("WHAT", 30), "RING");
  for (const RingFound &ring : rings) {
    const std::string target = ring.reader ? target_name(ring.reader->recording()) : "";
    list += fmt::format(line, started(ring.start_realtime_ns()), age(age_ns(ring)), human_count(ring.rows),
                        human_bytes(ring.bytes), state_of(ring), padded(one_line(target, 30), 30), one_line(ring.path));
  }
  return print_all(list);
}

Result<void> prune_rings(std::optional<std::uint64_t> older_than_ns) {
  Amount removed;
  Amount kept;
  Amount in_use;
  std::string text;
  std::optional<Error> failure;
  for (const RingFound &found : find_rings()) {
    auto lock = LockedRing::lock(found);
    if (!lock) {
      text += fmt::format("kept {}: {}\n", one_line(found.path), one_line(lock.error().message));
      in_use.add(found);
      continue;
    }
    // Rows may have been added before it was locked.
    const RingFound ring = RingFound::read(found.path, found.unfinished);
    const std::string reason = reason_to_remove(ring, older_than_ns);
    if (reason.empty()) {
      kept.add(ring);
      continue;
    }
    if (auto removal = lock->remove(); !removal) {
      if (!failure) failure = removal.error();
      kept.add(ring);
      continue;
    }
    removed.add(ring);
    text += fmt::format("removed {}, {}: {}\n", one_line(ring.path), human_bytes(ring.bytes), reason);
  }
  text += fmt::format("removed {}", removed.text());
  if (in_use.rings > 0) text += fmt::format("; left alone {}", in_use.text());
  if (kept.rings > 0)
    text += fmt::format("; kept {}, whose rows are nowhere else{}", kept.text(),
                        older_than_ns ? "" : ": --older-than 7d removes those older than a week");
  if (auto printed = print_all(text + "\n"); !printed) return printed;
  if (failure) return tl::unexpected(*failure);
  return {};
}

}  // namespace rusage_bpf
