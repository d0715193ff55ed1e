// A comparison as text, and as JSON for scripts.
#pragma once

#include <string>
#include <vector>

#include "compare/comparison.h"
#include "document/json.h"

namespace rusage_bpf {

// Tables that fit into 80 columns, except for very large values.
std::string comparison_text(const Comparison &comparison);

// {"schema", "a": {"file", "meta"}, "b", "warnings": [line...], "totals": {name: {"unit", "a", "b",
// "difference", "ratio"}}, "commands": [{"command", "processes": {"a", "b", ...}, "cpu",
// "peak_rss"}...], "failed": [line...]}, with null for unknown values. The difference is B - A, the
// ratio B / A. `failed` has a line for each limit that failed.
Json comparison_json(const Comparison &comparison, const std::vector<std::string> &failed);

}  // namespace rusage_bpf
