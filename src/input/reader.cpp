#include "input/reader.h"

#include <cstdio>
#include <istream>
#include <string_view>

#include "input/json_reader.h"
#include "input/ndjson_reader.h"
#include "rusage_bpf/ring.h"

namespace rusage_bpf {
namespace {

// The first characters without blanks. A recording does not start with many blanks.
Result<std::string> start_of(const InputFile &file) {
  constexpr std::size_t characters = 16;
  constexpr std::uint64_t max_bytes = std::uint64_t{64} << 10;
  InputBuffer buffer(file);
  std::istream stream(&buffer);
  std::string start;
  for (char c = 0; start.size() < characters && buffer.position() < max_bytes && stream.get(c);)
    if (std::string_view(" \t\r\n").find(c) == std::string_view::npos) start += c;
  if (buffer.failure()) return tl::unexpected(*buffer.failure());
  return start;
}

}  // namespace

Result<Reading> read_recording(const InputFile &file, Sink &sink) {
  const auto read = start_of(file);
  if (!read) return tl::unexpected(read.error());
  const std::string &start = *read;
  if (start.empty() && InputBuffer(file).sgetc() == EOF) return file.error("is empty");
  if (start.starts_with(RUSAGE_RING_MAGIC))
    return file.error("is a recovery ring: run rusage-bpf recover " + file.name());
  if (!start.starts_with('{')) return file.error("is not a recording of rusage-bpf: neither JSON nor NDJSON");
  return start.starts_with("{\"kind\"") ? read_ndjson(file, sink) : read_json(file, sink);
}

}  // namespace rusage_bpf
