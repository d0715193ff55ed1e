#include "document/row_parser.h"

#include <fmt/format.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <random>
#include <vector>

#include "document/document.h"
#include "document/row_text.h"
#include "document/time.h"
#include "input/json_events.h"
#include "support/recording.h"

namespace rusage_bpf::row_parser_test {
namespace {

std::optional<Row> parsed(RowParser &parser, std::string text) {
  text.reserve(text.size() + RowParser::padding);
  return parser.read(text);
}

// By the way that documents are read in which there is anything unusual.
std::optional<Row> by_json(std::string text) {
  JsonValue value;
  if (!value.parse(text)) return std::nullopt;
  auto row = row_from(value.take());
  return row ? std::optional(*std::move(row)) : std::nullopt;
}

void check_same(const Row &row, const Row &other) {
  CHECK(row.realtime_ns == other.realtime_ns);
  CHECK(row.known == other.known);
  CHECK(row.value == other.value);
}

Row random_row(std::mt19937_64 &random) {
  Row row;
  // Values of every length.
  const auto any = [&] { return random() >> random() % 64; };
  row.realtime_ns = any() % 4'000'000'000'000'000'000;
  for (std::size_t i = 0; i < column_count; i++)
    row.value[i] = columns[i].in_nanoseconds() ? any() % 9'000'000'000'000'000'000 : any();
  row.known = Known(random() | random());
  return row;
}

std::string text_of(const Row &row) {
  std::string text = "{";
  RowText().append_json_fields(row, text);
  return text + "}";
}

}  // namespace

TEST_CASE("a row that a recorder wrote is read as from its JSON object, whatever the values are") {
  std::mt19937_64 random(GENERATE(1, 2, 3));
  RowParser parser;
  for (int i = 0; i < 1000; i++) {
    const std::string text = text_of(random_row(random));
    CAPTURE(text);
    const auto row = parsed(parser, text);
    REQUIRE(row);
    check_same(*row, by_json(text).value());
  }
}

TEST_CASE("a row whose fields are spaced, in another order or missing is read as from its JSON object") {
  std::mt19937_64 random(1);
  RowParser parser;
  for (int i = 0; i < 200; i++) {
    auto json = test::sample_json(random_row(random));
    auto &fields = json.get_ref<nlohmann::ordered_json::object_t &>();
    std::vector<std::pair<std::string, nlohmann::ordered_json>> some;
    for (const auto &[name, value] : fields)
      if (random() % 4 > 0) some.emplace_back(name, value);
    std::shuffle(some.begin(), some.end(), random);
    std::string text = "{";
    for (const auto &[name, value] : some)
      text += (text.size() > 1 ? ",\r\n\t\"" : " \"") + name + "\" : " + value.dump() + " ";
    text += "}";
    CAPTURE(text);
    const auto row = parsed(parser, text);
    REQUIRE(row);
    check_same(*row, by_json(text).value());
  }
}

TEST_CASE("a changed text of a row gives nothing or the same as from its JSON object") {
  constexpr std::string_view pieces[] = {"{",    "}",   "[",    "]",        ",",       ":",     "\"",  "\\",
                                         "null", "-",   "1",    "0",        ".",       "e",     "E+2", "e-3",
                                         "true", " ",   "\n",   "\x01",     "\xff",    "1e999", "3.0", "\"rss\":1,",
                                         "-0",   "9e9", "9e18", "\xc3\xa9", "\\u0065", "nullx", "Z",   "\"\":1,"};
  std::mt19937_64 random(GENERATE(1, 2, 3, 4));
  RowParser parser;
  int read = 0;
  for (int i = 0; i < 20'000; i++) {
    std::string text = text_of(random_row(random));
    for (std::size_t left = 1 + random() % 2; left > 0; left--)
      text.replace(random() % text.size(), random() % 3, pieces[random() % std::size(pieces)]);
    const auto row = parsed(parser, text);
    if (!row) continue;
    read++;
    CAPTURE(text);
    const auto other = by_json(text);
    REQUIRE(other);
    check_same(*row, *other);
  }
  CHECK(read > 100);
}

TEST_CASE("a row with anything unusual is left to the JSON reader") {
  RowParser parser;
  const std::string usual = R"("timestamp":"2026-11-22T11:28:45.123456Z","elapsed":1.5,"rss":3)";
  REQUIRE(parsed(parser, "{" + usual + "}"));
  for (const char *more :
       {R"("later":1)", R"("rss":4)", R"("\u0076ms":1)", R"("vms":1.0)", R"("vms":-1)", R"("vms":01)",
        R"("vms":18446744073709551616)", R"("vms":"1")", R"("vms":[1])", R"("user":-1)", R"("user":9.1e9)",
        R"("user":1e999)", R"("user":true)", R"("vms":nul)", R"("vms":nullx)"}) {
    CAPTURE(more);
    CHECK_FALSE(parsed(parser, "{" + usual + "," + more + "}"));
  }
  for (const char *time :
       {R"("70-01-01T00:00:00.000000Z")", R"("2026-11-22T11:28:45.12345Z")", R"("2026-11-22T11:28:45.12345xZ")",
        R"("2026-11-22T11:28:45.123456z")", R"("2026-11-22T11:28:61:123456Z")", "null", "3"}) {
    CAPTURE(time);
    CHECK_FALSE(parsed(parser, fmt::format(R"({{"timestamp":{},"elapsed":1}})", time)));
  }
  for (const char *text : {"", "{", "[]", "3", "{}x", "{},", "{}{}", "{,}", "{\"rss\":1,}", "{\"rss\" 1}"}) {
    CAPTURE(text);
    CHECK_FALSE(parsed(parser, text));
  }
}

TEST_CASE("a text that is much longer than a row is left to the JSON reader") {
  RowParser parser;
  const auto text = [](std::size_t size) { return R"({"rss":1,)" + std::string(size - 20, ' ') + R"("vms":12345})"; };
  REQUIRE(text(RowParser::longest).size() == RowParser::longest + 1);
  CHECK(parsed(parser, text(RowParser::longest - 1)));
  CHECK_FALSE(parsed(parser, text(RowParser::longest)));
}

TEST_CASE("what is behind the text of a row is not read as a part of it") {
  RowParser parser;
  std::string text = R"({"rss":12,"elapsed":1.5})";
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, text.size() - 1}) {
    std::string longer = text + std::string(RowParser::padding, '5');
    CHECK_FALSE(parser.read(std::string_view(longer).substr(0, size)));
    CHECK(parser.read(std::string_view(longer).substr(0, text.size())));
  }
}

}  // namespace rusage_bpf::row_parser_test
