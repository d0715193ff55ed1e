#include "run/convert.h"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>

#include "input/reader.h"
#include "os/caller.h"
#include "os/message.h"
#include "output/page.h"
#include "output/sinks.h"
#include "output/text.h"
#include "run/outputs.h"

namespace rusage_bpf {
namespace {

// A file that is not a page of rusage-bpf must not be replaced by the default page.
Result<void> check_default_page(const std::string &path) {
  const AsCaller as_caller;
  std::error_code failure;
  if (!std::filesystem::is_regular_file(path, failure)) return {};
  std::string start(1000, '\0');
  std::ifstream(path).read(start.data(), static_cast<std::streamsize>(start.size()));
  if (start.find(page_mark) != std::string::npos) return {};
  return error(fmt::format("{}: exists and is not a page of rusage-bpf; choose another name with -o", path));
}

}  // namespace

Result<int> convert(const ConvertOptions &options) {
  if (options.default_page)
    if (auto checked = check_default_page(options.outputs.front()); !checked) return tl::unexpected(checked.error());
  const auto input = InputFile::open(options.input);
  if (!input) return tl::unexpected(input.error());
  auto outputs = open_outputs(options.outputs, {.csv_meta = options.csv_meta, .followed = false});
  if (!outputs) return tl::unexpected(outputs.error());
  Sinks sinks(std::move(outputs->sinks));
  const auto reading = read_recording(*input, sinks);
  if (!reading) return tl::unexpected(reading.error());
  if (!sinks.errors().empty()) return tl::unexpected(all_of(sinks.errors()));
  if (reading->end_missing)
    say("{}: its end is missing, as of a recording that was cut short or goes on; the rows that "
        "are whole: {}",
        input->name(), human_count(reading->rows));
  if (options.default_input && options.default_page) say("{} is drawn in {}", options.input, options.outputs.front());
  return 0;
}

}  // namespace rusage_bpf
