#include "compare/comparison_page.h"

#include <algorithm>

#include "compare/comparison_text.h"
#include "output/html_sink.h"
#include "output/page.h"

namespace rusage_bpf {
namespace {

// A few kilobytes of the page.
constexpr std::size_t most_commands_on_page = 100;

}  // namespace

Result<void> write_comparison_page(Output &file, const Comparison &comparison, const std::vector<std::string> &failed) {
  const std::size_t commands = comparison.commands.size();
  Comparison shown = comparison;
  shown.commands.resize(std::min(commands, most_commands_on_page));
  Json json = comparison_json(shown, failed);
  json["commands_omitted"] = commands - shown.commands.size();
  const Side &a = comparison.a;
  const Side &b = comparison.b;
  json["a"]["words"] = page_document(a.recording, a.outcome)["words"];
  json["b"]["words"] = page_document(b.recording, b.outcome)["words"];
  return write_comparison_page(file, json, *a.buckets, *b.buckets);
}

}  // namespace rusage_bpf
