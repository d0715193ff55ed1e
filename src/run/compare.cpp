#include "run/compare.h"

#include "compare/comparison_page.h"
#include "compare/comparison_text.h"
#include "document/document.h"
#include "input/reader.h"
#include "os/message.h"
#include "os/write_all.h"
#include "output/output_file.h"

namespace rusage_bpf {
namespace {

// Reads one side, with up to `max_buckets` for drawing.
Result<Side> read_side(const std::string &path, std::size_t max_buckets) {
  const auto input = InputFile::open(path);
  if (!input) return tl::unexpected(input.error());
  Side side;
  side.name = input->name();
  SideSink sink(side, max_buckets);
  const auto reading = read_recording(*input, sink);
  if (!reading) return tl::unexpected(reading.error());
  return side;
}

// The page of --html. It is opened before anything is read, so that an error shows early.
Result<std::optional<OutputFile>> open_page(const std::string &path) {
  if (path.empty()) return std::nullopt;
  auto page = OutputFile::create(path);
  if (!page) return tl::unexpected(page.error());
  return *std::move(page);
}

Result<void> finish_page(OutputFile &page, const Comparison &comparison, const std::vector<std::string> &failed) {
  auto written = write_comparison_page(page, comparison, failed);
  return written ? page.commit() : written;
}

}  // namespace

Result<int> compare(const CompareOptions &options) {
  auto page = open_page(options.page);
  if (!page) return tl::unexpected(page.error());
  const std::size_t max_buckets = *page ? comparison_buckets : 0;
  const auto a = read_side(options.a, max_buckets);
  if (!a) return tl::unexpected(a.error());
  const auto b = read_side(options.b, max_buckets);
  if (!b) return tl::unexpected(b.error());
  const Comparison comparison = compare(*a, *b);
  std::vector<std::string> failed;
  for (const Limit &limit : options.limits)
    if (auto line = broken(limit, comparison)) failed.push_back(*std::move(line));
  const auto printed =
      print_all(options.json ? to_text(comparison_json(comparison, failed)) + "\n" : comparison_text(comparison));
  for (const std::string &line : failed) say_line(line);
  if (*page)
    if (auto drawn = finish_page(**page, comparison, failed); !drawn) return tl::unexpected(drawn.error());
  if (!printed) return tl::unexpected(printed.error());
  return failed.empty() ? 0 : 1;
}

}  // namespace rusage_bpf
