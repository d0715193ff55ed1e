// Gives random bytes to the reader of recordings. It must refuse them in one line, or read a recording that is the same
// when it is written and read again. Its work is counted, and must be proportional to the bytes.
#include <fmt/format.h>

#include "document/document.h"
#include "fuzz/fuzz.h"
#include "input/reader.h"
#include "support/recording.h"

namespace {

std::uint64_t blocks_executed = 0;

}  // namespace

// Called at the beginning of each block of the reader's code, where it is compiled to call it: see CMakeLists.txt.
extern "C" void __sanitizer_cov_trace_pc() {
  blocks_executed++;
}

namespace {

using namespace rusage_bpf;
using fuzz::require;

// The dearest byte is that of an element of two, `{}`, which is read as a row or a command is.
constexpr std::uint64_t most_blocks_a_byte = 4000;
constexpr std::uint64_t most_blocks_else = 2'000'000;

// Writes NDJSON into memory.
class Text final : public Sink {
 public:
  Result<void> begin(const Recording &recording) override {
    require(text.empty(), "a recording begins once");
    return add("begin", begin_json(recording));
  }
  Result<void> row(const Row &row) override {
    require(!text.empty() && !ended, "rows come between beginning and end");
    return add("sample", test::sample_json(row));
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

// The same JSON with names that are written in an unusual way, so that rows are read by way of JSON objects.
std::string with_unusual_names(std::string bytes) {
  constexpr std::string_view usual = "\"elapsed\"";
  for (std::size_t at = 0; (at = bytes.find(usual, at)) != std::string::npos;)
    bytes.replace(at, usual.size(), "\"\\u0065lapsed\"");
  return bytes;
}

// Without the number of a byte.
std::string in_words(std::string message) {
  std::erase_if(message, [](char c) { return c >= '0' && c <= '9'; });
  return message;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
  Text first;
  const std::string bytes(reinterpret_cast<const char *>(data), size);
  blocks_executed = 0;
  const auto reading = read_recording(file_with(bytes), first);
  require(blocks_executed < most_blocks_else + most_blocks_a_byte * size, "the work is in proportion to the bytes");
  require(reading.has_value() == first.ended, "what was read has an end, what was refused none");
  Text unusual;
  const auto unusual_reading = read_recording(file_with(with_unusual_names(bytes)), unusual);
  require(unusual.text == first.text, "it is the same when each row is read by way of a JSON object");
  if (!reading) {
    const std::string &message = reading.error().message;
    require(message.starts_with("input: ") && message.size() < 400, "a refusal is one short line");
    require(!unusual_reading && in_words(message) == in_words(unusual_reading.error().message),
            "it is refused for the same reason when each row is read by way of a JSON object");
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
    samples += (samples.empty() ? "" : ",") + to_text(test::sample_json(row));
  }
  Outcome outcome = test::outcome_of(rows);
  outcome.audit.kernel.known.set(RUSAGE_user);
  static_cast<void>(ndjson.end(outcome));

  std::string text = to_text(frame_json(test::a_recording(), outcome));
  text.insert(text.find("\"meta\""), "\"samples\":[" + samples + "],");
  std::vector<std::string> seeds{ndjson.text, text, ndjson.text.substr(0, ndjson.text.size() / 2)};
  // Much of one kind, each of which has taken a reader longer than in proportion.
  constexpr std::size_t count = 30'000;
  for (const auto &[place, piece] : {std::pair{"\"columns\":[", "{},"},
                                     {"\"columns\":[", "[],"},
                                     {"\"argv\":[", "\"\","},
                                     {"\"meta\":{", "\"N\":1,"},
                                     {"\"samples\":[", "{},"},
                                     {"\"samples\":[{", "\"N\":{},"},
                                     {"\"samples\":[{", "\"N\":[[[]]],"},
                                     {"{", "\"N\":[{}],"},
                                     {"{", "\"processes\":[[]],"},
                                     {"\"host\":\"", "\\u0000"},
                                     {"\"elapsed\":", "1"},
                                     {"\"rss\":", "1"}}) {
    std::string many;
    for (std::size_t i = 0; i < count; i++) {
      std::string one = piece;
      if (const auto at = one.find('N'); at != std::string::npos) one.replace(at, 1, std::to_string(i));
      many += one;
    }
    seeds.push_back(std::string(text).insert(text.find(place) + std::string(place).size(), many));
  }
  for (const char *part : {"commands", "processes"}) {
    std::string many = fmt::format("{{\"{}\":[{{}}", part);
    for (std::size_t i = 0; i < count; i++) many += ",{}";
    seeds.push_back(many + "]," + text.substr(1));
  }
  return seeds;
}
