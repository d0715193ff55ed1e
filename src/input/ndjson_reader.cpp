#include "input/ndjson_reader.h"

#include <fmt/format.h>

#include <istream>
#include <optional>

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
      if (buffer_.read_errno() != 0) return errno_error(file_.name(), buffer_.read_errno());
      if (buffer_.part_too_long()) return refuse("too long");
      buffer_.begin_part();
      if (line.empty()) continue;
      auto object = parse(line);
      const bool torn = !object && stream.eof();  // it has no line break either
      if (torn && began_) break;
      if (!object) return tl::unexpected(object.error());
      if (auto taken = take(*object); !taken) return tl::unexpected(taken.error());
    }
    const bool end_missing = !outcome_;
    Outcome outcome = end_missing ? outcome_without_end() : *std::move(outcome_);
    outcome.totals = totals_;
    outcome.commands = commands_;
    complete_peak(recording_, outcome);
    if (auto ended = sink_.end(outcome); !ended) return tl::unexpected(ended.error());
    return Reading{.rows = totals_.rows(), .end_missing = end_missing};
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
    if (outcome_) return refuse("the recording has ended before it");
    if (*kind == "begin") return begin(object);
    if (*kind == "sample") return sample(object);
    if (*kind == "process") return process(object);
    if (*kind == "command") return command(object);
    if (*kind == "end") return end(object);
    return {};  // of a later build
  }

  Result<void> begin(const Json &object) {
    if (began_) return refuse("a second recording begins");
    began_ = true;
    const auto recording = recording_from(object);
    if (!recording) return file_.error(recording.error().message);
    last_row_ns_ = recording->start_realtime_ns;
    recording_ = *recording;
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

  Result<void> process(const Json &object) {
    const auto process = process_from(object);
    if (!process) return refuse(process.error().message);
    return sink_.process(*process);
  }

  Result<void> command(const Json &object) {
    auto command = command_from(object);
    if (!command) return refuse(command.error().message);
    commands_.push_back(*std::move(command));
    return {};
  }

  Result<void> end(const Json &object) {
    auto outcome = outcome_from(object);
    if (!outcome) return file_.error(outcome.error().message);
    outcome_ = *std::move(outcome);
    return {};
  }

  // The recorder did not live to tell the end, or lives.
  [[nodiscard]] Outcome outcome_without_end() const {
    Outcome outcome;
    outcome.end_realtime_ns = last_row_ns_;
    outcome.recovered = true;
    return outcome;
  }

  const InputFile &file_;
  Sink &sink_;
  InputBuffer buffer_{file_};
  Recording recording_;
  Totals totals_;
  std::vector<Command> commands_;
  std::uint64_t number_ = 0;  // of the line
  std::uint64_t last_row_ns_ = 0;
  bool began_ = false;
  std::optional<Outcome> outcome_;  // once its line has come
};

}  // namespace

Result<Reading> read_ndjson(const InputFile &file, Sink &sink) {
  return Lines(file, sink).read();
}

}  // namespace rusage_bpf
