#include "run/compare.h"

#include <fmt/format.h>

#include <csignal>
#include <cstdio>

#include "compare/comparison_text.h"
#include "document/document.h"
#include "input/reader.h"
#include "output/output_file.h"

namespace rusage_bpf {
namespace {

Result<Side> read_side(const std::string &path) {
  const auto input = InputFile::open(path);
  if (!input) return tl::unexpected(input.error());
  Side side;
  side.name = input->name();
  SideSink sink(side, 0);
  const auto reading = read_recording(*input, sink);
  if (!reading) return tl::unexpected(reading.error());
  return side;
}

Result<void> write_comparison(const std::string &text) {
  auto output = OutputFile::create("-");
  if (!output) return tl::unexpected(output.error());
  auto written = output->write(text);
  return written ? output->commit() : written;
}

}  // namespace

Result<int> compare(const CompareOptions &options) {
  // A reader that goes away is an error to be told.
  static_cast<void>(std::signal(SIGPIPE, SIG_IGN));
  static_cast<void>(std::signal(SIGXFSZ, SIG_IGN));
  const auto a = read_side(options.a);
  if (!a) return tl::unexpected(a.error());
  const auto b = read_side(options.b);
  if (!b) return tl::unexpected(b.error());
  const Comparison comparison = compare(*a, *b);
  std::vector<std::string> failed;
  for (const Limit &limit : options.limits)
    if (auto line = broken(limit, comparison)) failed.push_back(*std::move(line));
  auto written = write_comparison(options.json ? to_text(comparison_json(comparison, failed)) + "\n"
                                               : comparison_text(comparison));
  for (const std::string &line : failed) fmt::print(stderr, "rusage-bpf: {}\n", line);
  if (!written) return tl::unexpected(written.error());
  return failed.empty() ? 0 : 1;
}

}  // namespace rusage_bpf
