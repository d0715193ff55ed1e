// The cost of a row in the recovery ring. See tools/bench.
//   ring_bench DIRECTORY          nanoseconds a row, each figure over a thousand rows, twice round
//   ring_bench DIRECTORY sync     the same with every row written to the disk
#include <fmt/format.h>

#include <cstdlib>
#include <string_view>

#include "bench/median.h"
#include "ring/writer.h"

namespace {

using namespace rusage_bpf;

[[noreturn]] void fail(const std::string &what) {
  fmt::print(stderr, "ring_bench: {}\n", what);
  std::exit(1);
}

}  // namespace

int main(int argc, char **argv) {
  const bool sync = argc == 3 && std::string_view(argv[2]) == "sync";
  if (argc != 2 && !sync) fail("usage: ring_bench DIRECTORY [sync]");
  auto ring = RingWriter::create({.path = fmt::format("{}/ring_bench.ring", argv[1]), .rows = 0, .sync = sync});
  if (!ring) fail(ring.error().message);
  if (auto begun = ring->begin(Recording()); !begun) fail(begun.error().message);

  const int rows_a_time = sync ? 1 : 1000;
  const int times = sync ? 300 : 580;  // 290 000 rows are once round
  Row row;
  const double all_ns = median_ns(times, [&] {
    for (int i = 0; i < rows_a_time; i++) {
      row.number++;
      row.value.fill(row.number);
      if (auto kept = ring->append(row); !kept) fail(kept.error().message);
    }
  });
  fmt::print("{{\"row_ns\": {:.0f}}}\n", all_ns / rows_a_time);
}
