#include "output/html_sink.h"

#include <algorithm>

#include "output/page.h"
#include "output/summary_sink.h"

namespace rusage_bpf {

namespace {

// The memory that an argument needs besides its text.
constexpr std::size_t argument_bytes = sizeof(std::string);
// A page shows only the beginning of a command line.
constexpr std::size_t most_image_bytes = std::size_t{4} << 10;

std::size_t bytes_of(const Image &image) {
  std::size_t bytes = image.command.value_or("").size();
  for (const std::string &argument : image.argv) bytes += argument_bytes + argument.size();
  return bytes;
}

std::shared_ptr<const Image> beginning_of(const Image &image) {
  auto beginning = std::make_shared<Image>();
  if (image.command) beginning->command = image.command->substr(0, most_image_bytes);
  std::size_t remaining = most_image_bytes;
  for (const std::string &argument : image.argv) {
    beginning->argv.push_back(argument.substr(0, remaining));
    const std::size_t bytes = argument_bytes + beginning->argv.back().size();
    if (bytes >= remaining) break;
    remaining -= bytes;
  }
  return beginning;
}

}  // namespace

Json page_document(const Recording &recording, const Outcome &outcome) {
  Json document = frame_json(recording, outcome);
  document["words"] = {
      {"target", target_name(recording)}, {"ending", ending(outcome)}, {"audit", audit_line(recording, outcome)}};
  return document;
}

Result<void> HtmlSink::begin(const Recording &recording) {
  recording_ = recording;
  buckets_.emplace(recording.interval_ns, page_buckets);
  return {};
}

Result<void> HtmlSink::row(const Row &row) {
  buckets_->add(row);
  return {};
}

Result<void> HtmlSink::process(const Process &process) {
  processes_.push_back(process);
  if (bytes_of(*process.image) > 2 * most_image_bytes) processes_.back().image = beginning_of(*process.image);
  if (processes_.size() >= 2 * page_processes) keep_most_cpu(page_processes);
  return {};
}

void HtmlSink::keep_most_cpu(std::size_t most) {
  if (processes_.size() <= most) return;
  const auto cpu_ns = [](const Process &process) { return process.value[RUSAGE_user] + process.value[RUSAGE_system]; };
  std::nth_element(processes_.begin(), processes_.begin() + static_cast<std::ptrdiff_t>(most), processes_.end(),
                   [&](const Process &a, const Process &b) { return cpu_ns(a) > cpu_ns(b); });
  dropped_ += processes_.size() - most;
  processes_.resize(most);
}

Result<void> HtmlSink::end(const Outcome &outcome) {
  keep_most_cpu(page_processes);
  std::sort(processes_.begin(), processes_.end(),
            [](const Process &a, const Process &b) { return a.start_ns < b.start_ns; });
  Json document = page_document(recording_, outcome);
  if (!processes_.empty()) document["processes"] = Json::array();
  for (const Process &process : processes_) document["processes"].push_back(process_json(process));
  document["processes_dropped"] = dropped_;
  if (!outcome.commands.empty()) document["commands"] = Json::array();
  for (const Command &command : outcome.commands) document["commands"].push_back(command_json(command));
  auto written = write_page(*file_, document, *buckets_);
  return written ? file_->commit() : written;
}

}  // namespace rusage_bpf
