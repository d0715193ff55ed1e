// What processes cost by what they executed.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "model/process.h"

namespace rusage_bpf {

struct Command {
  std::optional<std::string> name;  // nothing: not known
  // How many executed it, those included that were forked from it and executed nothing else.
  std::uint64_t processes = 0;
  Values value{};
  Known known;
  std::optional<std::uint64_t> peak_rss;           // the greatest of those that are known to be in the recording
  std::optional<std::uint64_t> children_cpu_ns{};  // the sum of its processes'

  [[nodiscard]] std::uint64_t cpu_ns() const { return value[RUSAGE_user] + value[RUSAGE_system]; }

  // Another part of what goes by the same name.
  void add(const Command &other);
};

class Commands {
 public:
  // More names than anybody reads: what comes past that has its sum under no name, so that memory is bounded.
  static constexpr std::size_t most_names = 10'000;

  void add(const Process &process);

  // The one that used most CPU first.
  [[nodiscard]] std::vector<Command> by_cpu() const;

 private:
  std::map<std::optional<std::string>, Command> commands_;
};

}  // namespace rusage_bpf
