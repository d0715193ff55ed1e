#include "support/ndjson.h"

#include <filesystem>
#include <sstream>

#include "document/time.h"
#include "os/clock.h"
#include "support/background.h"
#include "support/process.h"

namespace test {

using Json = nlohmann::ordered_json;

std::vector<Json> whole_lines(const std::string &text) {
  std::vector<Json> lines;
  std::istringstream stream(text.substr(0, text.rfind('\n') + 1));
  for (std::string line; std::getline(stream, line);) lines.push_back(Json::parse(line));
  return lines;
}

Json samples_of(const std::vector<Json> &lines) {
  Json samples = Json::array();
  for (Json line : lines) {
    if (line.at("kind") != "sample") continue;
    line.erase("kind");
    samples.push_back(line);
  }
  return samples;
}

void wait_for_rows(const std::string &path, std::size_t count) {
  const auto rows = [&] { return std::filesystem::exists(path) ? samples_of(whole_lines(read_file(path))).size() : 0; };
  const std::size_t before = rows();
  wait_until("rows", [&] { return rows() >= before + count; });
}

void pass_row(const std::string &path) {
  const std::string now = rusage_bpf::iso_8601(rusage_bpf::realtime_ns());
  wait_until("a row from now on", [&] {
    if (!std::filesystem::exists(path)) return false;
    const Json rows = samples_of(whole_lines(read_file(path)));
    return !rows.empty() && rows.back()["timestamp"] > now;
  });
}

}  // namespace test
