#include "document/row_text.h"

#include <catch2/catch.hpp>
#include <random>

#include "document/document.h"
#include "document/time.h"
#include "support/recording.h"

namespace rusage_bpf::row_text_test {
namespace {

std::string as_json(RowText &row_text, const Row &row) {
  std::string text = "{";
  row_text.append_json_fields(row, text);
  return text + "}";
}

std::string seconds_text(std::uint64_t ns) {
  std::string text;
  append_seconds(ns, text);
  return text;
}

}  // namespace

TEST_CASE("a row's text gives its JSON object when it is read, whatever the values are") {
  std::mt19937_64 random(GENERATE(1, 2, 3));
  RowText row_text;
  for (int i = 0; i < 1000; i++) {
    Row row;
    // Values of every length.
    const auto any = [&] { return random() >> random() % 64; };
    row.realtime_ns = any() % 4'000'000'000'000'000'000;
    for (std::uint64_t &value : row.value) value = any();
    row.known = Known(random());
    REQUIRE(Json::parse(as_json(row_text, row)) == test::sample_json(row));
  }
}

TEST_CASE("seconds are the shortest number that gives the same double") {
  CHECK(seconds_text(0) == "0.0");
  CHECK(seconds_text(1) == "1e-09");
  CHECK(seconds_text(10) == "1e-08");
  CHECK(seconds_text(12'345) == "1.2345e-05");
  CHECK(seconds_text(99'999) == "9.9999e-05");
  CHECK(seconds_text(100'000) == "0.0001");
  CHECK(seconds_text(1'000'000'000) == "1.0");
  CHECK(seconds_text(1'020'000'000) == "1.02");
  for (std::uint64_t ns = 1; ns < UINT64_MAX / 3; ns = ns * 3 + 1) {
    CAPTURE(ns);
    for (const std::uint64_t each : {ns - 1, ns}) {
      CHECK(Json::parse(seconds_text(each)).is_number_float());
      CHECK(Json::parse(seconds_text(each)) == Json(seconds(each)));
      // The library's own number is not always the shortest.
      CHECK(seconds_text(each).size() <= to_text(Json(seconds(each))).size());
    }
  }
}

TEST_CASE("a time of day has microseconds, and is right when the second changes") {
  RowText row_text;
  for (const std::uint64_t ns : {1'795'346'925'999'999'999, 1'795'346'926'000'000'000, 1'795'346'926'000'001'000}) {
    Row row;
    row.realtime_ns = ns;
    std::string text;
    row_text.append_csv_fields(row, text);
    CHECK(text.substr(0, text.find(',')) == iso_8601(ns));
  }
}

TEST_CASE("in CSV, unknown values are empty") {
  RowText row_text;
  Row row = test::a_row(1);
  row.known.reset();
  std::string text;
  row_text.append_csv_fields(row, text);
  CHECK(text == iso_8601(row.realtime_ns) + std::string(column_count, ','));
}

}  // namespace rusage_bpf::row_text_test
