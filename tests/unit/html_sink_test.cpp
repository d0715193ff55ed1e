#include "output/html_sink.h"

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <random>
#include <set>

#include "output/page.h"
#include "output/page_groups.h"
#include "output/page_processes.h"
#include "support/process.h"
#include "support/recording.h"
#include "support/units.h"

namespace rusage_bpf::html_sink_test {
namespace {

using Catch::Matchers::Contains;
using test::mib;
using test::outcome_of;
using test::second;

constexpr std::uint64_t interval_ns = second / 100;

Recording recording_of(std::vector<std::string> argv) {
  Recording recording;
  recording.target = TargetKind::command;
  recording.argv = std::move(argv);
  recording.cpus = 2;
  recording.interval_ns = interval_ns;
  return recording;
}

Row a_row(std::uint64_t number, std::uint64_t value = 1) {
  Row row{.number = number, .realtime_ns = 0, .value = {}, .known = {}, .losses = {}};
  row.value.fill(value);
  row.value[RUSAGE_elapsed] = number * interval_ns;
  for (std::size_t i = 0; i < column_count; i++) row.known[i] = number > 0 || !columns[i].is_counter();
  return row;
}

std::vector<Row> rows(std::uint64_t count) {
  std::vector<Row> rows;
  for (std::uint64_t number = 0; number < count; number++) rows.push_back(a_row(number));
  return rows;
}

std::string page(const std::vector<Row> &rows, const Recording &recording = recording_of({"true"})) {
  const test::TemporaryDirectory directory;
  HtmlSink sink(test::create_output(directory.file("out.html")));
  REQUIRE(sink.begin(recording));
  for (const Row &row : rows) REQUIRE(sink.row(row));
  REQUIRE(sink.end(outcome_of(rows)));
  return test::read_file(directory.file("out.html"));
}

std::string page_with(const Json &processes, const Json &commands) {
  const test::TemporaryDirectory directory;
  const auto file = test::create_output(directory.file("out.html"));
  Buckets buckets(interval_ns, page_buckets);
  for (const Row &row : rows(10)) buckets.add(row);
  Json document = page_document(recording_of({"true"}), outcome_of(rows(10)));
  document["processes"] = processes;
  document["commands"] = commands;
  REQUIRE(write_page(*file, document, buckets));
  REQUIRE(file->commit());
  return test::read_file(directory.file("out.html"));
}

// The text of the script element with the recording, up to where a browser finds its end.
std::string data_of(const std::string &page) {
  const std::string begin = R"(id="recording">)";
  const auto from = page.find(begin);
  REQUIRE(from != std::string::npos);
  const auto to = page.find("</script", from);
  return page.substr(from + begin.size(), to - from - begin.size());
}

std::size_t count(const std::string &text, const std::string &what) {
  std::size_t found = 0;
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) found++;
  return found;
}

TEST_CASE("the page is one file, with the library, its licence and every part in it") {
  const std::string text = page(rows(3));
  for (const char *part : {"<!DOCTYPE html>", "Content-Security-Policy", "default-src 'none'", "Dygraph",
                           "Permission is hereby granted", ":root {", "makeHeadline()"})
    CHECK_THAT(text, Contains(part));
  // The page fetches nothing, and no placeholder of a part is left.
  for (const char *other : {"src=\"http", "href=\"http", "url(", "@import", "sourceMappingURL"})
    CHECK_THAT(text, !Contains(other));
  for (const char *name : {"style", "licence", "data", "groups", "library", "script"})
    CHECK_THAT(text, !Contains("{{" + std::string(name) + "}}"));
}

TEST_CASE("the page has the recording without its rows, and the texts of the summary") {
  const Json data = Json::parse(data_of(page(rows(3))));
  CHECK(data["schema"] == "rusage-bpf/1");
  CHECK(data["meta"]["rows"] == 3);
  CHECK(data["meta"]["cpus"] == 2);
  CHECK(data["columns"].size() == column_count + 1);
  CHECK(data["totals"]["read_count"] == 2);
  CHECK(data["audit"].contains("untracked_tasks"));
  CHECK(data["words"]["target"] == "true");
  CHECK(data["words"]["ending"] == "exit 0 after 0.020 s");
  CHECK_FALSE(data.contains("samples"));
}

TEST_CASE("the page draws each column but the times in one chart, and no chart without a column") {
  std::multiset<std::string> drawn;
  for (const Json &group : page_groups())
    for (const Json &chart : group["charts"]) {
      INFO(group["key"] << ", " << chart["name"]);
      REQUIRE_FALSE(chart["columns"].empty());
      for (const Json &column : chart["columns"]) {
        drawn.insert(column["name"].get<std::string>());
        // One axis for all of them.
        CHECK(column["drawn"] == chart["columns"][0]["drawn"]);
        CHECK((column["unit"] == "bytes") == (chart["columns"][0]["unit"] == "bytes"));
      }
    }
  std::multiset<std::string> expected;
  for (const Column &column : columns)
    if (!column.is_time()) expected.insert(std::string(column.name));
  CHECK(drawn == expected);
}

TEST_CASE("buckets have rates per second and gauges, and null if these are unknown") {
  std::vector<Row> three = rows(3);
  three[2].value[RUSAGE_read_bytes] = 123'456;
  three[1].known.reset(RUSAGE_num_fds);
  const Json buckets = Json::parse(data_of(page(three)))["buckets"];
  CHECK(buckets["end"] == Json{0.0, .01, .02});
  CHECK(buckets["steps"] == 1);
  const Json &series = buckets["series"];
  CHECK(series["read_bytes"] == Json{{"mean", {nullptr, 100, 1.2346e7}}});
  CHECK(series["rss"] == Json{{"mean", {1, 1, 1}}});
  CHECK(series["num_fds"] == Json{{"mean", {1, nullptr, 1}}});
  CHECK(series["cpu"]["mean"][0].is_null());
  CHECK_FALSE(series.contains("elapsed"));
}

TEST_CASE("a recording without rows, or with one row, makes a page") {
  const std::uint64_t count = GENERATE(0, 1);
  const Json data = Json::parse(data_of(page(rows(count))));
  CHECK(data["buckets"]["end"].size() == count);
  CHECK(data["meta"]["rows"] == count);
}

TEST_CASE("a column that is unknown in all rows is null in all buckets") {
  std::vector<Row> all = rows(3);
  for (Row &row : all) row.known.reset();
  const Json data = Json::parse(data_of(page(all)));
  CHECK(data["buckets"]["series"]["rss"]["mean"] == Json{nullptr, nullptr, nullptr});
  CHECK(data["totals"]["user"].is_null());
}

TEST_CASE("no text of the recording can end its script element or start another") {
  const std::string name = "<script>alert(1)</script></SCRIPT ><!--<script \xe2\x80\xa8 {{data}} \x01\n\xff";
  Recording recording = recording_of({name});
  recording.host = name;
  recording.cgroup = name;
  const std::string plain = page(rows(2));
  const std::string text = page(rows(2), recording);
  for (const char *mark : {"<script", "</script", "<!--"}) CHECK(count(text, mark) == count(plain, mark));
  const Json data = Json::parse(data_of(text));
  CHECK(data["meta"]["argv"][0] == name.substr(0, name.size() - 1) + "\\xff");
  CHECK_THAT(data["words"]["target"].get<std::string>(), Contains("<script>alert(1)</script>"));
}

TEST_CASE("an hour at 10 ms is a page of less than 1 MiB that has every peak", "[long]") {
  std::mt19937_64 random(1);
  std::vector<Row> hour;
  for (std::uint64_t number = 0; number < 360'000; number++) {
    hour.push_back(a_row(number));
    for (std::size_t i = 0; i < column_count; i++)
      if (i != RUSAGE_elapsed) hour.back().value[i] = random() >> (random() % 40 + 20);
  }
  hour[123'456].value[RUSAGE_rss] = std::uint64_t{1} << 60;
  const std::string text = page(hour);
  INFO(text.size());
  CHECK(text.size() < mib);
  const Json buckets = Json::parse(data_of(text))["buckets"];
  CHECK(buckets["end"].size() <= page_buckets + 1);
  double greatest = 0;
  for (const Json &value : buckets["series"]["rss"]["greatest"]) greatest = std::max(greatest, value.get<double>());
  CHECK(greatest == Approx(std::uint64_t{1} << 60).epsilon(1e-4));
}

TEST_CASE("processes and commands are in the page if the recording has them") {
  const Json process = {{"pid", 7},    {"ppid", 1},   {"command", "cc"},  {"argv", {"cc", "-c"}},
                        {"start", .5}, {"end", 1.25}, {"exit_code", 0},   {"signal", nullptr},
                        {"user", .1},  {"system", 0}, {"peak_rss", 4096}, {"unheard_of", 1}};
  const Json data =
      Json::parse(data_of(page_with(Json::array({process}), Json::array({Json{{"command", "cc"}, {"user", .1}}}))));
  CHECK(data["processes"]["columns"] ==
        Json{"command", "pid", "ppid", "argv", "start", "end", "exit_code", "signal", "peak_rss", "user", "system"});
  CHECK(data["processes"]["rows"] == Json::array({{"cc", 7, 1, "cc -c", .5, 1.25, 0, nullptr, 4096, .1, 0}}));
  CHECK(data["processes"]["omitted"] == 0);
  CHECK(data["commands"]["rows"] == Json::array({{"cc", .1}}));

  const Json without = Json::parse(data_of(page(rows(2))));
  CHECK_FALSE(without.contains("processes"));
  CHECK_FALSE(without.contains("commands"));
}

TEST_CASE("of the counters, the page's tables have those that its list of columns has for them") {
  std::set<std::string> expected{"command"};
  for (const Json &group : page_groups())
    for (const Json &chart : group["charts"])
      for (const Json &column : chart["columns"])
        if (column["of_processes"] == true) expected.insert(column["name"].get<std::string>());
  Json process = {{"command", "cc"}};
  for (const Column &column : columns) process[std::string(column.name)] = 1;
  const Json table = page_table(Json::array({process}), 10'000);
  CHECK(table["columns"].get<std::set<std::string>>() == expected);
  CHECK(expected.contains("read_bytes"));
  CHECK_FALSE(expected.contains("read_count"));
}

TEST_CASE("if there are too many processes, the page has those with the most CPU time, in order", "[long]") {
  Json processes = Json::array();
  for (int i = 0; i < 10'000; i++)
    processes.push_back({{"pid", i},
                         {"command", std::string(15, '<')},
                         {"argv", std::string(900, '<')},
                         {"start", i},
                         {"user", i % 1000}});
  const std::string text = page_with(processes, processes);
  CHECK(text.size() < mib);
  const Json table = Json::parse(data_of(text))["processes"];
  const Json &kept = table["rows"];
  CHECK(kept.size() > 100);
  CHECK(kept.size() + table["omitted"].get<std::size_t>() == processes.size());
  int last = -1;
  for (const Json &row : kept) {
    CHECK(row[4] > 900);
    CHECK(row[1] > last);
    last = row[1];
  }
}

TEST_CASE("processes that are not in the page are counted", "[long]") {
  const test::TemporaryDirectory directory;
  HtmlSink sink(test::create_output(directory.file("out.html")));
  REQUIRE(sink.begin(recording_of({"storm"})));
  for (const Row &row : rows(2)) REQUIRE(sink.row(row));
  Process process;
  process.image = std::make_shared<const Image>(Image{"storm", {"storm"}});
  process.known.set(RUSAGE_user);
  constexpr std::uint64_t count = 3 * page_processes;
  for (std::uint64_t i = 0; i < count; i++) {
    process.start_ns = static_cast<std::int64_t>(i);
    process.value[RUSAGE_user] = i * second;
    REQUIRE(sink.process(process));
  }
  REQUIRE(sink.end(outcome_of(rows(2))));
  const Json table = Json::parse(data_of(test::read_file(directory.file("out.html"))))["processes"];
  CHECK(table["rows"].size() + table["omitted"].get<std::uint64_t>() == count);
  // The last ones used the most.
  const auto user = static_cast<std::size_t>(std::find(table["columns"].begin(), table["columns"].end(), "user") -
                                             table["columns"].begin());
  CHECK(table["rows"][0][user] == count - table["rows"].size());
}

TEST_CASE("a process with unknown values is in the page without them") {
  const Json known = {{"command", "a"}, {"user", 1}, {"system", 0}};
  const Json unknown = {{"command", "b"}, {"user", nullptr}, {"system", 2}};
  const Json table = page_table(Json::array({known, unknown}), 10'000);
  CHECK(table["rows"] == Json::array({{"a", 1, 0}, {"b", nullptr, 2}}));
}

TEST_CASE("a command line is cut between characters, and has no control character") {
  std::string longest(195, 'x');
  longest += "\xc3\xa9\xc3\xa9\xc3\xa9";
  const Json process = {{"command", "cc"}, {"argv", {"cc\n-c", longest}}};
  const Json table = Json::parse(data_of(page_with(Json::array({process}), Json::array())))["processes"];
  CHECK(table["rows"][0][1] == "cc -c " + std::string(191, 'x') + "...");
  longest.erase(0, 6);
  const Json whole = {{"command", "cc"}, {"argv", {longest}}};
  CHECK(page_table(Json::array({whole}), 10'000)["rows"][0][1] == longest);
  const Json cut = {{"command", "cc"}, {"argv", {std::string(7, 'x') + longest}}};
  CHECK(page_table(Json::array({cut}), 10'000)["rows"][0][1] == std::string(196, 'x') + "...");
}

TEST_CASE("a recording that was cut short leaves no page") {
  const test::TemporaryDirectory directory;
  {
    HtmlSink sink(test::create_output(directory.file("out.html")));
    REQUIRE(sink.begin(recording_of({"true"})));
    REQUIRE(sink.row(a_row(0)));
  }
  CHECK(std::filesystem::is_empty(directory.path()));
}

}  // namespace
}  // namespace rusage_bpf::html_sink_test
