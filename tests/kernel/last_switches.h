// Keeps the counters of every task of one user at its last context switch.
#pragma once

#include <cstdint>
#include <memory>

struct last_switch;  // the skeleton

namespace test {

class LastSwitches {
 public:
  // Counts tasks that die from now on and belong to `uid`.
  explicit LastSwitches(std::uint32_t uid);
  ~LastSwitches();
  LastSwitches(const LastSwitches &) = delete;
  LastSwitches &operator=(const LastSwitches &) = delete;

  [[nodiscard]] std::int64_t tasks() const;
  [[nodiscard]] std::int64_t run_ns() const;
  [[nodiscard]] std::int64_t switches() const;

 private:
  struct Destroy {
    void operator()(last_switch *skeleton) const;
  };
  std::unique_ptr<last_switch, Destroy> skeleton_;
};

}  // namespace test
