// A small recording to write and to read.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "model/recording.h"
#include "output/output_file.h"
#include "output/sink.h"

namespace test {

rusage_bpf::Recording a_recording();

// In the first row only gauges are known, in the others everything. Each value is its row's number.
rusage_bpf::Row a_row(std::uint64_t number);
std::vector<rusage_bpf::Row> rows(std::uint64_t count);

// {"timestamp", a number or null for each column}.
nlohmann::ordered_json sample_json(const rusage_bpf::Row &row);

// The end of a command with these rows.
rusage_bpf::Outcome outcome_of(const std::vector<rusage_bpf::Row> &rows);

// Passes the whole recording to the sink, with the end.
void write(rusage_bpf::Sink &sink, const std::vector<rusage_bpf::Row> &rows);

std::unique_ptr<rusage_bpf::Output> create_output(const std::string &path);

}  // namespace test
