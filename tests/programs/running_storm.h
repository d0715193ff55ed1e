// Memory that running_storm shares with its test: a file that both map.
#pragma once

#include <atomic>
#include <cstdint>

namespace workload {

struct Board {
  using Count = std::atomic<std::uint64_t>;
  static_assert(Count::is_always_lock_free, "shared between processes");

  // Set by the test.
  Count hold;  // not 0: no process forks, and no short-lived child is live
  Count stop;  // not 0: everything ends

  // Counted by the storm. A write of `write_bytes` is under way between `begun` and `done`.
  Count held;   // workers that wait because of `hold`
  Count forks;  // processes made, the workers included
  Count begun, done;
  // Children that live to the end: made, and standing still as a process of two tasks.
  Count to_stay, staying;

  static constexpr std::uint64_t write_bytes = 4096;
};

}  // namespace workload
