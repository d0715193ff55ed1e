// What the processes of each command used.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "model/process.h"

namespace rusage_bpf {

struct Command {
  std::optional<std::string> name;  // nothing: not known
  // The processes that executed it, and those that were forked from it and executed nothing else.
  std::uint64_t processes = 0;
  Values value{};
  Known known;
  std::optional<std::uint64_t> peak_rss;           // the greatest peak that is known to be from the recording
  std::optional<std::uint64_t> children_cpu_ns{};  // see Process

  [[nodiscard]] std::uint64_t cpu_ns() const { return value[RUSAGE_user] + value[RUSAGE_system]; }

  // Adds another part of the same command.
  void add(const Command &other);
};

class Commands {
 public:
  // A bound for memory. Processes with further names are added to the command without a name.
  static constexpr std::size_t max_names = 10'000;

  void add(const Process &process);

  // Sorted by CPU time, the greatest first.
  [[nodiscard]] std::vector<Command> by_cpu() const;

 private:
  std::map<std::optional<std::string>, Command> commands_;
};

}  // namespace rusage_bpf
