// A limit of --fail-if, for the second recording.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "compare/comparison.h"
#include "os/error.h"

namespace rusage_bpf {

// [COMMAND:]NAME OP THRESHOLD, as in "cpu>+10%", "cc1plus:peak_rss > 2GiB".
struct Limit {
  enum class Kind {
    share,       // of A, more or less
    difference,  // to A
    absolute,    // the value of B itself
  };

  std::string name;                    // "cpu", "cc1plus:peak_rss"
  std::optional<std::string> command;  // nothing: of the whole recording
  const Measure *measure = nullptr;    // never null
  bool fails_above = true;             // or below
  Kind kind = Kind::absolute;
  std::int64_t amount = 0;  // millionths of A, or in the measure's unit
  std::string threshold;    // as text: "+10 %"
};

inline constexpr std::int64_t millionths = 1'000'000;

// An error is one line that says what is wrong.
Result<Limit> parse_limit(const std::string &text);

// The line that says how the limit failed; nothing if it holds. It also fails if a value is unknown, or too low because
// part of the recording is missing.
std::optional<std::string> broken(const Limit &limit, const Comparison &comparison);

}  // namespace rusage_bpf
