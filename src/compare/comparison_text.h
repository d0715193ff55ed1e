// A comparison for people, and for scripts.
#pragma once

#include <string>
#include <vector>

#include "compare/comparison.h"
#include "document/json.h"

namespace rusage_bpf {

// As a table of 80 columns, but for what is longer than anybody expects.
std::string comparison_text(const Comparison &comparison);

// {"schema", "a": {"file", "meta"}, "b", "warnings": [line...], "totals": {name: {"unit", "a", "b",
// "difference", "ratio"}}, "commands": [{"command", "processes": {"a", "b", ...}, "cpu",
// "peak_rss"}...], "failed": [line...]}, with null for what is not known. The difference is B less
// A, the ratio B over A. `failed` are the limits that are broken.
Json comparison_json(const Comparison &comparison, const std::vector<std::string> &failed);

}  // namespace rusage_bpf
