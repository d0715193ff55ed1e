#include "input/json_reader.h"

#include <fmt/format.h>

#include <array>
#include <istream>
#include <set>

#include "document/document.h"
#include "document/row_parser.h"
#include "input/contents.h"
#include "input/json_events.h"

namespace rusage_bpf {
namespace {

static_assert(InputBuffer::padding >= RowParser::padding);

enum class Part { samples, processes, commands, kept, skipped };

// The parts that this version knows. Each may be in a document only once.
constexpr std::array known_parts{std::pair{"schema", Part::kept},       std::pair{"columns", Part::kept},
                                 std::pair{"samples", Part::samples},   std::pair{"processes", Part::processes},
                                 std::pair{"commands", Part::commands}, std::pair{"meta", Part::kept},
                                 std::pair{"totals", Part::kept},       std::pair{"audit", Part::kept}};

bool is_list(Part part) {
  return part == Part::samples || part == Part::processes || part == Part::commands;
}

// One pass over the document.
class Pass final : public JsonEvents {
 public:
  // `contents` get each element of the lists, and nothing is kept. Without them, the lists are skipped.
  explicit Pass(const InputFile &file, Contents *contents = nullptr)
      : file_(file), contents_(contents), buffer_(file) {}

  [[nodiscard]] bool has_samples() const { return seen_.contains("samples"); }

  // Returns the parts that are kept. Fails if the contents refuse an element.
  Result<Json> run() {
    std::istream stream(&buffer_);
    if (parse(stream)) return std::move(kept_);
    return explain();
  }

 private:
  bool field(std::string &name) override {
    if (depth_ == 1) return begin_part(std::move(name));
    return keeps() ? finish_if_whole(value_.field(name)) : skip();
  }

  bool scalar(Json value) override {
    if (depth_ == 1 && is_list(part_)) return (value.is_null() && part_ != Part::samples) || refuse(must_be_list());
    return keeps() ? finish_if_whole(value_.scalar(std::move(value))) : skip();
  }

  bool start(Json empty) override {
    if (++depth_ > max_nesting) return refuse("nested too deeply");
    if (depth_ == 1) return true;
    if (depth_ == 2 && is_list(part_)) return empty.is_array() || refuse(must_be_list());
    return keeps() ? finish_if_whole(value_.start(std::move(empty))) : skip();
  }

  bool end() override {
    depth_--;
    if (depth_ == 0 || (depth_ == 1 && is_list(part_))) return true;
    const bool ended = keeps() ? finish_if_whole(value_.end()) : skip();
    return ended && (depth_ > 2 || part_ != Part::samples || take_rows());
  }

  // The samples that come next, as long as each is a usual one. Any other is left to the parser.
  bool take_rows() {
    for (;;) {
      const std::string_view text = buffer_.up_to('}', RowParser::longest);
      const std::string_view object = without_comma(text);
      if (object.empty()) return true;
      std::optional<Row> row = row_parser_.read(object);
      if (!row) return true;
      buffer_.skip(text.size());
      buffer_.begin_part();
      pass_over(text.size());
      if (!contents_) continue;
      if (const auto done = contents_->sample(*row); !done) return refuse_element(done.error());
      elements_++;
    }
  }

  // The rest of a text that begins with a comma; empty if it does not.
  static std::string_view without_comma(std::string_view text) {
    const std::size_t at = text.find_first_not_of(" \t\r\n");
    return at != std::string_view::npos && text[at] == ',' ? text.substr(at + 1) : std::string_view();
  }

  bool begin_part(std::string name) {
    buffer_.begin_part();
    part_ = Part::skipped;
    elements_ = 0;
    name_ = std::move(name);
    for (const auto &[known, part] : known_parts) {
      if (name_ != known) continue;
      part_ = part;
      if (!seen_.insert(known).second) return refuse(fmt::format("{} is there twice", name_));
    }
    return true;
  }

  [[nodiscard]] bool keeps() const { return contents_ ? is_list(part_) : part_ == Part::kept; }

  bool skip() {
    buffer_.begin_part();
    return true;
  }

  // `added`: whether the last event was added to the value.
  bool finish_if_whole(bool added) {
    if (!added) return refuse(fmt::format("{}: {}", where(), value_.why()));
    if (!value_.whole()) return true;
    buffer_.begin_part();
    if (!contents_) {
      kept_[name_] = value_.take();
      return true;
    }
    if (const auto done = take(value_.take()); !done) return refuse_element(done.error());
    elements_++;
    return true;
  }

  Result<void> take(const Json &element) {
    return part_ == Part::samples     ? contents_->sample(element)
           : part_ == Part::processes ? contents_->process(element)
                                      : contents_->command(element);
  }

  bool refuse_element(const Error &why) { return refuse(fmt::format("{}: {}", where(), why.message)); }

  // For example "meta" or "sample 3".
  [[nodiscard]] std::string where() const {
    if (!is_list(part_)) return name_;
    return fmt::format("{} {}",
                       part_ == Part::samples     ? "sample"
                       : part_ == Part::processes ? "process"
                                                  : "command",
                       elements_);
  }

  [[nodiscard]] const char *must_be_list() const {
    return part_ == Part::samples ? "samples must be a list" : "processes and commands must be lists or null";
  }

  [[nodiscard]] tl::unexpected<Error> explain() const {
    if (buffer_.failure()) return tl::unexpected(*buffer_.failure());
    if (buffer_.part_too_long())
      return file_.error(fmt::format("{}: a part of it is too long, more than {} bytes", not_a_recording,
                                     InputBuffer::max_part_bytes));
    if (error_at() > buffer_.position())
      return file_.error(
          "ends in the middle, so that it cannot be read; if the recording was cut short, its "
          "rows are in its recovery ring: run rusage-bpf recover");
    return file_.error(fmt::format("{}{}", error_at() > 0 ? "" : std::string(not_a_recording) + ": ", why()));
  }

  const InputFile &file_;
  Contents *contents_;
  InputBuffer buffer_;
  RowParser row_parser_;
  std::size_t depth_ = 0;
  Part part_ = Part::skipped;
  std::string name_;            // of the part
  std::uint64_t elements_ = 0;  // of the part, if it is a list
  std::set<std::string_view> seen_;
  JsonValue value_;
  Json kept_ = Json::object();
};

}  // namespace

Result<Reading> read_json(const InputFile &file, Sink &sink) {
  Pass first(file);
  auto kept = first.run();
  if (!kept) return tl::unexpected(kept.error());
  const auto recording = recording_from(*kept);
  if (!recording) return file.error(recording.error().message);
  auto outcome = outcome_from(*kept);
  if (!outcome) return file.error(outcome.error().message);
  if (!first.has_samples()) return file.error(fmt::format("{}: samples is missing", not_a_recording));

  kept->clear();  // to free memory: an argv may be long

  if (auto started = sink.begin(*recording); !started) return tl::unexpected(started.error());
  Contents contents(sink);
  Pass second(file, &contents);
  const auto lists = second.run();
  if (contents.sink_error()) return tl::unexpected(*contents.sink_error());
  if (!lists) return tl::unexpected(lists.error());
  outcome->totals = contents.totals();
  outcome->commands = contents.take_commands();
  complete_peak(*recording, *outcome);
  if (auto ended = sink.end(*outcome); !ended) return tl::unexpected(ended.error());
  return Reading{.rows = outcome->totals.rows(), .end_missing = false};
}

}  // namespace rusage_bpf
