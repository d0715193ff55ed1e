// What reading JSON and NDJSON have in common.
#pragma once

#include <string>

#include "document/json.h"
#include "os/error.h"

namespace rusage_bpf {

inline constexpr const char *not_ours = "is no recording of rusage-bpf";

// Nothing of ours is nested deeper. What is takes much memory for few bytes of JSON.
inline constexpr int deepest_nesting = 16;

// Thrown out of a JSON parser's callback, which has no other way to stop the parser; caught where
// that was called.
struct Stop {
  Error error;
};

// What a parser's exception says. The library's own words repeat what was read, which may be
// megabytes.
std::string describe(const Json::exception &failure);

}  // namespace rusage_bpf
