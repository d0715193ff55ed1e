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

// Waits until a recorder has added that many rows to the file, which need not be there yet. After two, one
// of them was looked at after the call.
void wait_for_rows(const std::string &path, std::size_t count = 2);

}  // namespace test
