#include "support/ndjson.h"

#include <sstream>

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

}  // namespace test
