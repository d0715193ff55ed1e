// A trace in Chrome's trace event format, read as ui.perfetto.dev reads it.
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

namespace test {

struct Slice {
  std::string name;
  std::int64_t begin_ns;
  std::optional<std::int64_t> end_ns;
  nlohmann::ordered_json args;
};

struct Shown {
  std::int64_t ns;
  double value;
};

struct Trace {
  // Checks that every event is valid, and that the slices of a process follow each other.
  explicit Trace(const std::string &text);

  // The sum of a track over time, in its unit times seconds. The track must end with 0.
  [[nodiscard]] double integral(const std::string &track) const;

  nlohmann::ordered_json events;
  nlohmann::ordered_json other_data;
  std::map<std::string, std::vector<Shown>> counters;     // "rss bytes", in the order of time
  std::map<std::uint64_t, std::vector<Slice>> slices;     // of each process, in the order of time
  std::map<std::uint64_t, nlohmann::ordered_json> about;  // of each process, its metadata by name
};

}  // namespace test
