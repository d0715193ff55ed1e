// The page: a recording as one HTML file. The sink holds a recording of any length in a bounded number of buckets, so
// that neither its memory nor the page grows.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "document/document.h"
#include "model/buckets.h"
#include "output/output.h"
#include "output/sink.h"

namespace rusage_bpf {

// About as many as a screen has pixels in a row, in a page of less than 1 MiB.
inline constexpr std::size_t page_buckets = 1600;
// More than fit into a page of less than 1 MiB.
inline constexpr std::size_t page_processes = 10'000;

class HtmlSink final : public Sink {
 public:
  explicit HtmlSink(std::unique_ptr<Output> file) : file_(std::move(file)) {}

  Result<void> begin(const Recording &recording) override;
  Result<void> row(const Row &row) override;
  Result<void> process(const Process &process) override;
  Result<void> end(const Outcome &outcome) override;

 private:
  void keep_most_cpu(std::size_t most);

  std::unique_ptr<Output> file_;
  Recording recording_;
  std::optional<Buckets> buckets_;
  std::vector<Process> processes_;
  std::uint64_t dropped_ = 0;  // processes with less CPU time
};

// The recording without its samples, for write_page.
Json page_document(const Recording &recording, const Outcome &outcome);

}  // namespace rusage_bpf
