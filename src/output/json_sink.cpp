#include "output/json_sink.h"

#include <utility>

#include "document/document.h"

namespace rusage_bpf {

Result<void> JsonSink::begin(const Recording &recording) {
  recording_ = recording;
  const Json begin = begin_json(recording);
  return file_->write("{\"schema\": " + to_text(begin["schema"]) + ",\n\"columns\": " + to_text(begin["columns"]) +
                      ",\n\"samples\": [");
}

Result<void> JsonSink::row(const Row &row) {
  text_ = std::exchange(any_row_, true) ? ",\n{" : "\n{";
  row_text_.append_json_fields(row, text_);
  text_ += '}';
  return file_->write(text_);
}

Result<void> JsonSink::process(const Process &process) {
  return processes_->write((processes_->empty() ? "\n" : ",\n") + to_text(process_json(process)));
}

Result<void> JsonSink::write_processes(const Outcome &outcome) {
  const std::vector<Command> &commands = outcome.commands;
  // Unknown, which is not the same as none.
  if (outcome.recovered && processes_->empty() && commands.empty())
    return file_->write("\n],\n\"processes\": null,\n\"commands\": null");
  if (auto written = file_->write("\n],\n\"processes\": ["); !written) return written;
  if (auto written = file_->write(std::move(processes_)); !written) return written;
  std::string text = "\n],\n\"commands\": [";
  for (std::size_t i = 0; i < commands.size(); i++) text += (i > 0 ? ",\n" : "\n") + to_text(command_json(commands[i]));
  return file_->write(text + "\n]");
}

Result<void> JsonSink::end(const Outcome &outcome) {
  if (auto written = write_processes(outcome); !written) return written;
  const Json frame = frame_json(recording_, outcome);
  auto written = file_->write(",\n\"meta\": " + to_text(frame["meta"]) + ",\n\"totals\": " + to_text(frame["totals"]) +
                              ",\n\"audit\": " + to_text(frame["audit"]) + "}\n");
  return written ? file_->commit() : written;
}

}  // namespace rusage_bpf
