#include "input/ndjson_reader.h"

#include <fmt/format.h>

#include <istream>

#include "document/document.h"
#include "document/fields.h"
#include "input/parse.h"

namespace rusage_bpf {
namespace {

// The lines of one recording, given to a sink.
class Lines {
 public:
  Lines(const InputFile &file, Sink &sink) : file_(file), sink_(sink) {}

  Result<Reading> read() {
    std::istream stream(&buffer_);
    std::string line;
    while (std::getline(stream, line)) {
      number_++;
      const bool last = stream.eof();  // it has no line break
      buffer_.begin_part();
      if (line.empty()) continue;
      auto object = parse(line);
      if (!object && last && began_) break;
      if (!object) return tl::unexpected(object.error());
      if (auto taken = take(*object); !taken) return tl::unexpected(taken.error());
    }
    if (buffer_.read_errno() != 0) return errno_error(file_.name(), buffer_.read_errno());
    if (buffer_.part_too_long()) return refuse("too long");
    if (!ended_) {
      if (auto cut = end_without_line(); !cut) return tl::unexpected(cut.error());
    }
    return Reading{.rows = totals_.rows(), .end_missing = !ended_};
  }

 private:
  [[nodiscard]] tl::unexpected<Error> refuse(const std::string &why) const {
    return file_.error(fmt::format("{}: line {}: {}", not_ours, number_, why));
  }

  [[nodiscard]] Result<Json> parse(const std::string &line) const {
    try {
      return Json::parse(line, [this](int depth, Json::parse_event_t, const Json &) {
        if (depth > deepest_nesting) throw Stop{refuse("nested too deeply").value()};
        return true;
      });
    } catch (const Json::exception &failure) {
      return refuse(describe(failure));
    } catch (const Stop &stop) {
      return tl::unexpected(stop.error);
    }
  }

  Result<void> take(const Json &object) {
    const Json *kind = find_field(object, "kind");
    if (!kind || !kind->is_string()) return refuse("kind is missing");
    if (!began_ && *kind != "begin") return refuse("the first line must be the beginning");
    if (ended_) return refuse("the recording has ended before it");
    if (*kind == "begin") return begin(object);
    if (*kind == "sample") return sample(object);
    if (*kind == "end") return end(object);
    return {};  // of a later build
  }

  Result<void> begin(const Json &object) {
    if (began_) return refuse("a second recording begins");
    began_ = true;
    const auto recording = recording_from(object);
    if (!recording) return file_.error(recording.error().message);
    last_row_ns_ = recording->start_realtime_ns;
    return sink_.begin(*recording);
  }

  Result<void> sample(const Json &object) {
    auto row = row_from(object);
    if (!row) return refuse(row.error().message);
    row->number = totals_.rows();
    totals_.add(*row);
    last_row_ns_ = row->realtime_ns;
    return sink_.row(*row);
  }

  Result<void> end(const Json &object) {
    ended_ = true;
    auto outcome = outcome_from(object);
    if (!outcome) return file_.error(outcome.error().message);
    outcome->totals = totals_;
    return sink_.end(*outcome);
  }

  // The recorder did not live to tell the end, or lives.
  Result<void> end_without_line() {
    Outcome outcome;
    outcome.end_realtime_ns = last_row_ns_;
    outcome.totals = totals_;
    outcome.recovered = true;
    return sink_.end(outcome);
  }

  const InputFile &file_;
  Sink &sink_;
  InputBuffer buffer_{file_};
  Totals totals_;
  std::uint64_t number_ = 0;  // of the line
  std::uint64_t last_row_ns_ = 0;
  bool began_ = false;
  bool ended_ = false;
};

}  // namespace

Result<Reading> read_ndjson(const InputFile &file, Sink &sink) {
  return Lines(file, sink).read();
}

}  // namespace rusage_bpf
