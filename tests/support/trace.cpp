#include "support/trace.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <stdexcept>

namespace test {
namespace {

using Json = nlohmann::ordered_json;

std::int64_t nanoseconds_of(const Json &event) {
  return std::llround(event.at("ts").get<double>() * 1000);
}

void check_form(const Json &event) {
  INFO(event.dump());
  const auto phase = event.at("ph").get<std::string>();
  REQUIRE((phase == "M" || phase == "C" || phase == "B" || phase == "E"));
  CHECK(event.at("pid").is_number_unsigned());
  CHECK(event.at("tid") == event.at("pid"));
  CHECK_FALSE(event.at("name").get<std::string>().empty());
  CHECK(event.at("args").is_object());
  CHECK(event.contains("ts") == (phase != "M"));
  if (phase != "M") CHECK(event.at("ts").get<double>() >= 0);
  if (phase == "M" || phase == "C") CHECK(event.at("args").size() == 1);
}

}  // namespace

Trace::Trace(const std::string &text) {
  const Json document = Json::parse(text);
  CHECK(document.size() == 2);
  events = document.at("traceEvents");
  other_data = document.at("otherData");
  // Like a reader: sorted by time, with events of the same time in the order of the file.
  std::vector<Json> timed;
  for (const Json &event : events) {
    check_form(event);
    if (event.at("ph") == "M")
      about[event.at("pid")][event.at("name").get<std::string>()] = event.at("args").front();
    else
      timed.push_back(event);
  }
  std::stable_sort(timed.begin(), timed.end(),
                   [](const Json &a, const Json &b) { return nanoseconds_of(a) < nanoseconds_of(b); });
  for (const Json &event : timed) {
    INFO(event.dump());
    const std::int64_t ns = nanoseconds_of(event);
    const Json &args = event.at("args");
    auto &of_process = slices[event.at("pid")];
    const bool open = !of_process.empty() && !of_process.back().end_ns;
    if (event.at("ph") == "C") {
      CHECK(event.at("pid") == 0);
      auto &track = counters[event.at("name").get<std::string>() + " " + args.begin().key()];
      if (!track.empty()) CHECK(track.back().value != args.front());
      track.push_back({ns, args.front().get<double>()});
    } else if (event.at("ph") == "B") {
      CHECK_FALSE(open);
      of_process.push_back({event.at("name"), ns, {}, args});
    } else {
      REQUIRE(open);
      CHECK(event.at("name") == of_process.back().name);
      of_process.back().end_ns = ns;
    }
  }
  std::erase_if(slices, [](const auto &entry) { return entry.second.empty(); });
  for (const auto &[id, unused] : slices) {
    CHECK(about[id].contains("process_name"));
    CHECK(about[id].contains("process_labels"));
    CHECK(about[id].contains("process_sort_index"));
  }
}

double Trace::integral(const std::string &track) const {
  const auto found = counters.find(track);
  if (found == counters.end()) throw std::runtime_error("no such track: " + track);
  const std::vector<Shown> &shown = found->second;
  double sum = 0;
  for (std::size_t i = 0; i + 1 < shown.size(); i++)
    sum += shown[i].value * static_cast<double>(shown[i + 1].ns - shown[i].ns) / 1e9;
  CHECK(shown.back().value == 0);
  return sum;
}

}  // namespace test
