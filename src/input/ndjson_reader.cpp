#include "input/ndjson_reader.h"

#include <fmt/format.h>

#include <istream>
#include <optional>

#include "document/document.h"
#include "document/fields.h"
#include "document/row_parser.h"
#include "input/contents.h"
#include "input/json_events.h"

namespace rusage_bpf {
namespace {

// Passes the lines of one recording to a sink.
class Lines {
 public:
  Lines(const InputFile &file, Sink &sink) : file_(file), sink_(sink), buffer_(file), contents_(sink) {}

  Result<Reading> read() {
    std::istream stream(&buffer_);
    std::string line;
    while (std::getline(stream, line)) {
      number_++;
      if (buffer_.part_too_long())
        return refuse(fmt::format("too long, more than {} bytes", InputBuffer::max_part_bytes));
      if (buffer_.failure()) break;
      buffer_.begin_part();
      if (line.empty()) continue;
      if (std::optional<Row> row = usual_row(line)) {
        if (auto taken = with_line(contents_.sample(*row)); !taken) return tl::unexpected(taken.error());
        continue;
      }
      auto object = parse(line);
      const bool incomplete = !object && stream.eof();  // it has no line break
      if (incomplete && started_) break;
      if (!object) return tl::unexpected(object.error());
      if (auto taken = take(*object); !taken) return tl::unexpected(taken.error());
    }
    if (buffer_.failure()) return tl::unexpected(*buffer_.failure());
    const bool end_missing = !outcome_;
    Outcome outcome = end_missing ? outcome_without_end() : *std::move(outcome_);
    outcome.totals = contents_.totals();
    outcome.commands = contents_.take_commands();
    complete_peak(recording_, outcome);
    if (auto ended = sink_.end(outcome); !ended) return tl::unexpected(ended.error());
    return Reading{.rows = outcome.totals.rows(), .end_missing = end_missing};
  }

 private:
  [[nodiscard]] tl::unexpected<Error> refuse(const std::string &why) const {
    return file_.error(fmt::format("{}: line {}: {}", not_a_recording, number_, why));
  }

  // The row of a line that is a sample as a recorder writes it, between the beginning and the end.
  std::optional<Row> usual_row(std::string &line) {
    constexpr std::string_view kind = "{\"kind\":\"sample\",";
    if (!started_ || outcome_ || !line.starts_with(kind)) return std::nullopt;
    line.reserve(line.size() + RowParser::padding);
    // Without the kind.
    line[kind.size() - 1] = '{';
    const auto row = row_parser_.read(std::string_view(line).substr(kind.size() - 1));
    line[kind.size() - 1] = ',';
    return row;
  }

  [[nodiscard]] Result<Json> parse(const std::string &line) const {
    JsonValue value;
    if (!value.parse(line)) return refuse(value.why());
    return value.take();
  }

  Result<void> take(const Json &object) {
    const Json *kind = find_field(object, "kind");
    if (!kind || !kind->is_string()) return refuse("kind is missing");
    if (!started_ && *kind != "begin") return refuse("the first line must be the beginning");
    if (outcome_) return refuse("the recording has ended before it");
    if (*kind == "begin") return begin(object);
    if (*kind == "sample") return with_line(contents_.sample(object));
    if (*kind == "process") return with_line(contents_.process(object));
    if (*kind == "command") return with_line(contents_.command(object));
    if (*kind == "end") return end(object);
    return {};  // from a later version
  }

  Result<void> begin(const Json &object) {
    if (started_) return refuse("a second recording begins");
    started_ = true;
    const auto recording = recording_from(object);
    if (!recording) return file_.error(recording.error().message);
    start_realtime_ns_ = recording->start_realtime_ns;
    recording_ = *recording;
    return sink_.begin(*recording);
  }

  // Adds the line to an error in the contents. An error of the sink stays as it is.
  [[nodiscard]] Result<void> with_line(Result<void> result) const {
    if (result || contents_.sink_error()) return result;
    return refuse(result.error().message);
  }

  Result<void> end(const Json &object) {
    auto outcome = outcome_from(object);
    if (!outcome) return file_.error(outcome.error().message);
    outcome_ = *std::move(outcome);
    return {};
  }

  // The recorder was killed before the end, or is still running.
  [[nodiscard]] Outcome outcome_without_end() const {
    Outcome outcome;
    outcome.end_realtime_ns = contents_.totals().rows() > 0 ? contents_.last_realtime_ns() : start_realtime_ns_;
    outcome.recovered = true;
    return outcome;
  }

  const InputFile &file_;
  Sink &sink_;
  InputBuffer buffer_;
  Contents contents_;
  RowParser row_parser_;
  Recording recording_;
  std::uint64_t number_ = 0;  // of the line
  std::uint64_t start_realtime_ns_ = 0;
  bool started_ = false;
  std::optional<Outcome> outcome_;  // set by the last line
};

}  // namespace

Result<Reading> read_ndjson(const InputFile &file, Sink &sink) {
  file.read_once();
  return Lines(file, sink).read();
}

}  // namespace rusage_bpf
