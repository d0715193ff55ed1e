// Two recordings beside each other.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "compare/measure.h"
#include "output/sink.h"

namespace rusage_bpf {

// The parts of a recording that are compared, bounded at any length.
struct Side {
  std::string name;  // of its file
  Recording recording;
  Outcome outcome;
  std::optional<Buckets> buckets;  // if it is drawn
};

// Fills a side as the recording is read.
class SideSink final : public Sink {
 public:
  // `most_buckets` is 0 if it is not drawn.
  SideSink(Side &side, std::size_t most_buckets) : side_(side), most_buckets_(most_buckets) {}

  Result<void> begin(const Recording &recording) override;
  Result<void> row(const Row &row) override;
  Result<void> end(const Outcome &outcome) override;

 private:
  Side &side_;
  std::size_t most_buckets_;
};

// Why the values of a recording are too low: "was cut short"; empty if nothing is missing.
std::string what_is_missing(const Side &side);

// Adds a command of the same name. Earlier versions wrote all names that are not UTF-8 as the same text, so that a
// recording may have one several times.
void add_to(std::optional<Command> &sum, const Command &command);

// If the peak of memory is above that of the rows: "at least 208 MiB, the peak of one process; 103 MiB in the rows".
std::string peak_note(const Side &side);

// A value of both.
struct Pair {
  Figure a;
  Figure b;
};

// B over A; nothing if one is unknown, or A is 0.
std::optional<double> ratio(const Pair &pair);

// A command of A, of B or of both. If it did not run, its values are 0, and it has no peak.
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
  std::vector<std::string> warnings;  // why the two may not be comparable, without names of files
  std::vector<Pair> totals;           // of each measure
  // The greatest change of CPU time first, then the most CPU time; empty if one recording has no list of commands, as
  // one from a recovery ring.
  std::vector<CommandPair> commands;
};

// Both sides must outlive it.
Comparison compare(const Side &a, const Side &b);

}  // namespace rusage_bpf
