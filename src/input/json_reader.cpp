#include "input/json_reader.h"

#include <fmt/format.h>

#include <functional>
#include <istream>

#include "document/document.h"
#include "input/parse.h"

namespace rusage_bpf {
namespace {

using Event = Json::parse_event_t;

enum class Part { none, samples, processes, commands, kept, skipped };

Part part_of(const std::string &key) {
  if (key == "samples") return Part::samples;
  if (key == "processes") return Part::processes;
  if (key == "commands") return Part::commands;
  const bool kept =
      key == "schema" || key == "meta" || key == "columns" || key == "audit" || key == "totals";
  return kept ? Part::kept : Part::skipped;
}

bool is_list(Part part) {
  return part == Part::samples || part == Part::processes || part == Part::commands;
}

// Takes an element of one of the lists.
using TakeElement = std::function<void(Part, const Json &)>;

// One pass over the document.
class Pass {
 public:
  // With `take`, each element of the lists is given to it, and nothing is kept. Without, the lists
  // are skipped.
  explicit Pass(const InputFile &file, TakeElement take = {})
      : file_(file), take_(std::move(take)) {}

  [[nodiscard]] bool met_samples() const { return met_samples_; }

  // What is kept of the document.
  Result<Json> run() {
    std::istream stream(&buffer_);
    try {
      return Json::parse(
          stream, [this](int depth, Event event, Json &value) { return see(depth, event, value); });
    } catch (const Json::exception &failure) {
      return file_.error(explain(failure));
    } catch (const Stop &stop) {
      return tl::unexpected(stop.error);
    }
  }

 private:
  // Whether to keep what the parser has met.
  bool see(int depth, Event event, Json &value) {
    if (depth > deepest_nesting) refuse("nested too deeply");
    if (depth == 1 && event == Event::key) {
      part_ = part_of(value.get_ref<const std::string &>());
      met_samples_ = met_samples_ || part_ == Part::samples;
      buffer_.begin_part();
      return take_ ? is_list(part_) : part_ == Part::kept;
    }
    const bool taken = take_ && is_list(part_);
    if (part_ != Part::kept && !taken) buffer_.begin_part();
    return taken ? see_in_list(depth, event, value) : true;
  }

  bool see_in_list(int depth, Event event, const Json &value) {
    const bool opens = event == Event::object_start || event == Event::array_start;
    const bool unknown = part_ != Part::samples && event == Event::value && value.is_null();
    if (depth == 1 && event != Event::array_start && event != Event::array_end && !unknown)
      refuse(part_ == Part::samples ? "samples must be a list"
                                    : "processes and commands must be lists or null");
    const bool whole_element = depth == 2 && !opens && event != Event::key;
    if (!whole_element) return true;
    buffer_.begin_part();
    take_(part_, value);
    return false;
  }

  [[noreturn]] void refuse(const char *why) const {
    throw Stop{file_.error(fmt::format("{}: {}", not_ours, why)).value()};
  }

  [[nodiscard]] std::string explain(const Json::exception &failure) const {
    if (const int read_errno = buffer_.read_errno(); read_errno != 0)
      return errno_error("cannot be read", read_errno).value().message;
    if (buffer_.part_too_long()) return fmt::format("{}: a part of it is too long", not_ours);
    // The library counts the end as a byte.
    const auto *at = dynamic_cast<const Json::parse_error *>(&failure);
    if (!at || at->byte <= buffer_.position()) return describe(failure);
    return "ends in the middle, so that it cannot be read; if the recording was cut short, its "
           "rows are in its recovery ring: run rusage-bpf recover";
  }

  const InputFile &file_;
  TakeElement take_;
  InputBuffer buffer_{file_};
  Part part_ = Part::none;
  bool met_samples_ = false;
};

}  // namespace

Result<Reading> read_json(const InputFile &file, Sink &sink) {
  Pass first(file);
  const auto frame = first.run();
  if (!frame) return tl::unexpected(frame.error());
  const auto recording = recording_from(*frame);
  if (!recording) return file.error(recording.error().message);
  auto outcome = outcome_from(*frame);
  if (!outcome) return file.error(outcome.error().message);
  if (!first.met_samples()) return file.error(fmt::format("{}: samples is missing", not_ours));

  if (auto begun = sink.begin(*recording); !begun) return tl::unexpected(begun.error());
  Totals &totals = outcome->totals;
  const auto must = [&](auto result, const std::string &which) {
    if (!result)
      throw Stop{
          file.error(fmt::format("{}: {}{}", not_ours, which, result.error().message)).value()};
    return *std::move(result);
  };
  Pass second(file, [&](Part part, const Json &element) {
    Result<void> taken;
    if (part == Part::samples) {
      Row row = must(row_from(element), fmt::format("sample {}: ", totals.rows()));
      row.number = totals.rows();
      totals.add(row);
      taken = sink.row(row);
    } else if (part == Part::processes) {
      taken = sink.process(must(process_from(element), "a process: "));
    } else {
      outcome->commands.push_back(must(command_from(element), "a command: "));
    }
    if (!taken) throw Stop{taken.error()};
  });
  if (const auto samples = second.run(); !samples) return tl::unexpected(samples.error());
  complete_peak(*recording, *outcome);
  if (auto ended = sink.end(*outcome); !ended) return tl::unexpected(ended.error());
  return Reading{.rows = totals.rows(), .end_missing = false};
}

}  // namespace rusage_bpf
