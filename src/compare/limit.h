// What --fail-if says: a limit that the second recording is held to.
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
    absolute,    // what B may be
  };

  std::string name;                    // "cpu", "cc1plus:peak_rss"
  std::optional<std::string> command;  // nothing: of the whole recording
  const Measure *measure = nullptr;    // never null
  bool fails_above = true;             // or below
  Kind kind = Kind::absolute;
  std::int64_t amount = 0;  // millionths of A, or in the measure's unit
  std::string threshold;    // as it is said: "+10 %"
};

inline constexpr std::int64_t millionths = 1'000'000;

// Fails with a line that says what is wrong, and never otherwise than that.
Result<Limit> parse_limit(const std::string &text);

// The line that says how the limit is broken; nothing where it is held. What is not known, or too
// low as part of the recording is missing, does not hold a limit.
std::optional<std::string> broken(const Limit &limit, const Comparison &comparison);

}  // namespace rusage_bpf
