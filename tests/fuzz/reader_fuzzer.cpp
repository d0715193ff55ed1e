// The reader of recordings is given any bytes: it may refuse them, in one line, or read a recording,
// and that is the same when it is written and read again.
#include "document/document.h"
#include "fuzz/fuzz.h"
#include "input/reader.h"
#include "support/recording.h"

namespace {

using namespace rusage_bpf;
using fuzz::require;

// Writes NDJSON into memory.
class Text final : public Sink {
 public:
  Result<void> begin(const Recording &recording) override {
    require(text.empty(), "a recording begins once");
    return add("begin", begin_json(recording));
  }
  Result<void> row(const Row &row) override {
    require(!text.empty() && !ended, "rows come between beginning and end");
    return add("sample", sample_json(row));
  }
  Result<void> end(const Outcome &outcome) override {
    require(!text.empty() && !ended, "the end comes once");
    ended = true;
    return add("end", end_json(outcome));
  }

  std::string text;
  bool ended = false;

 private:
  Result<void> add(const char *kind, const Json &object) {
    Json line = {{"kind", kind}};
    line.update(object);
    text += to_text(line) + "\n";
    return {};
  }
};

InputFile file_with(const std::string &bytes) {
  return {fuzz::file_of(bytes), "input"};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
  Text first;
  const std::string bytes(reinterpret_cast<const char *>(data), size);
  const auto reading = read_recording(file_with(bytes), first);
  require(reading.has_value() == first.ended, "what was read has an end, what was refused none");
  if (!reading) {
    const std::string &message = reading.error().message;
    require(message.starts_with("input: ") && message.size() < 400, "a refusal is one short line");
    return 0;
  }
  Text second;
  require(read_recording(file_with(first.text), second).has_value(), "it can be read again");
  require(first.text == second.text, "it is the same when it is read again");
  return 0;
}

std::vector<std::string> fuzz_seeds() {
  Text ndjson;
  std::string samples;
  static_cast<void>(ndjson.begin(test::a_recording()));
  const auto rows = test::rows(3);
  for (const Row &row : rows) {
    static_cast<void>(ndjson.row(row));
    samples += (samples.empty() ? "" : ",") + to_text(sample_json(row));
  }
  Outcome outcome = test::outcome_of(rows);
  outcome.audit.kernel.known.set(RUSAGE_user);
  static_cast<void>(ndjson.end(outcome));

  std::string text = to_text(frame_json(test::a_recording(), outcome));
  text.insert(text.find("\"meta\""), "\"samples\":[" + samples + "],");
  return {ndjson.text, text, ndjson.text.substr(0, ndjson.text.size() / 2)};
}
