// Two recordings beside each other.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "compare/measure.h"
#include "output/sink.h"

namespace rusage_bpf {

// What is kept of a recording, however long it was.
struct Side {
  std::string name;  // of its file
  Recording recording;
  Outcome outcome;
  std::optional<Buckets> buckets;  // where it is to be drawn
};

// Fills a side as the recording is read.
class SideSink final : public Sink {
 public:
  // `most_buckets` is 0 where it is not to be drawn.
  SideSink(Side &side, std::size_t most_buckets) : side_(side), most_buckets_(most_buckets) {}

  Result<void> begin(const Recording &recording) override;
  Result<void> row(const Row &row) override;
  Result<void> end(const Outcome &outcome) override;

 private:
  Side &side_;
  std::size_t most_buckets_;
};

// Why a recording's figures are too low: "was cut short"; empty where nothing is missing.
std::string what_is_missing(const Side &side);

// Of one name. Earlier versions gave all names that are not UTF-8 the same text, so that a recording may have it
// several times.
void add_to(std::optional<Command> &sum, const Command &command);

// Where its peak of memory is more than its rows have: "at least 208 MiB, the peak of one process; 103 MiB in the
// rows".
std::string peak_note(const Side &side);

// One figure of both.
struct Pair {
  Figure a;
  Figure b;
};

// B in parts of A; nothing where one is not known, or A is 0.
std::optional<double> ratio(const Pair &pair);

// A command of either. What did not run used nothing: its figures are 0, and it has no peak.
struct CommandPair {
  std::optional<std::string> name;
  std::optional<Command> a;  // nothing: it did not run
  std::optional<Command> b;

  [[nodiscard]] Pair processes() const;
  [[nodiscard]] Pair of(const Measure &measure) const;
};

struct Comparison {
  const Side &a;
  const Side &b;
  std::vector<std::string> warnings;  // why the two may not be comparable; no names of files in them
  std::vector<Pair> totals;           // of each measure
  // The greatest change in CPU time first, then the most CPU time; empty where one recording has no list of commands,
  // as out of a recovery ring.
  std::vector<CommandPair> commands;
};

// Both sides must outlive it.
Comparison compare(const Side &a, const Side &b);

}  // namespace rusage_bpf
