// Makes process records of task events: the outputs get each as soon as it is complete, and commands their sums.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/commands.h"
#include "model/process_sums.h"
#include "model/process_table.h"
#include "recorder/ring_and_sinks.h"

namespace rusage_bpf {

class ProcessRecords {
 public:
  // The outputs get the first `most` of them.
  ProcessRecords(Baseline baseline, std::uint64_t most, RingAndSinks &outputs)
      : table_(baseline), most_(most), outputs_(outputs) {}

  void begin(std::uint64_t start_ns, const TaskEvents &events) { table_.begin(start_ns, events); }

  // `counted` is the sum of all rows, the next one included.
  void apply(const TaskEvents &events, const Values &counted);

  // After the last sample.
  void end(const Values &counted, bool all_listed);

  [[nodiscard]] std::vector<Command> commands() const { return commands_.by_cpu(); }
  [[nodiscard]] std::uint64_t killed() const { return killed_; }
  [[nodiscard]] const std::vector<std::string> &killed_names() const { return killed_names_; }
  // What the kernel's total of the command lacks. Nothing if not all tasks were listed: the others may have been reaped
  // or not.
  [[nodiscard]] std::optional<Unwaited> unwaited(const Values &counted, bool all_listed) const;
  // That the outputs did not get.
  [[nodiscard]] std::uint64_t omitted() const { return count_ - std::min(count_, most_); }

 private:
  void finish(Process process, const Values &counted);
  void pass_on(Process process);
  void note_kill(const Process &process);

  ProcessTable table_;
  ProcessSums sums_;
  Commands commands_;
  std::uint64_t count_ = 0;
  std::uint64_t most_;
  std::uint64_t killed_ = 0;
  std::vector<std::string> killed_names_;
  RingAndSinks &outputs_;
};

}  // namespace rusage_bpf
