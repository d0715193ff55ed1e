// NDJSON as a test reads it, also while it is written.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace test {

// The lines that have their end.
std::vector<nlohmann::ordered_json> whole_lines(const std::string &text);

// The rows among them, as the JSON document has them: a list, without their `kind`.
nlohmann::ordered_json samples_of(const std::vector<nlohmann::ordered_json> &lines);

}  // namespace test
