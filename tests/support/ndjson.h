// Reads NDJSON, also while it is written.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace test {

// The complete lines.
std::vector<nlohmann::ordered_json> whole_lines(const std::string &text);

// The rows in them, as in the JSON document: a list, without `kind`.
nlohmann::ordered_json samples_of(const std::vector<nlohmann::ordered_json> &lines);

// Waits until a recorder has added that many rows to the file, which may not exist yet. They may have waited to be
// written: they may be older than the call.
void wait_for_rows(const std::string &path, std::size_t count);

// Waits for a row that was sampled after this call. All before it were taken entirely by then, also what of them is
// read from /proc after their time.
void pass_row(const std::string &path);

}  // namespace test
