#include "input/reader.h"

#include <cstdio>
#include <istream>
#include <string_view>

#include "input/json_reader.h"
#include "input/ndjson_reader.h"
#include "rusage_bpf/ring.h"

namespace rusage_bpf {
namespace {

// The first characters, blanks left out, of which there are not many in a recording of ours.
Result<std::string> beginning_of(const InputFile &file) {
  constexpr std::size_t enough = 16;
  constexpr std::uint64_t most_bytes = std::uint64_t{64} << 10;
  InputBuffer buffer(file);
  std::istream stream(&buffer);
  std::string beginning;
  for (char c = 0; beginning.size() < enough && buffer.position() < most_bytes && stream.get(c);)
    if (std::string_view(" \t\r\n").find(c) == std::string_view::npos) beginning += c;
  if (buffer.failure()) return tl::unexpected(*buffer.failure());
  return beginning;
}

}  // namespace

Result<Reading> read_recording(const InputFile &file, Sink &sink) {
  const auto read = beginning_of(file);
  if (!read) return tl::unexpected(read.error());
  const std::string &beginning = *read;
  if (beginning.empty() && InputBuffer(file).sgetc() == EOF) return file.error("is empty");
  if (beginning.starts_with(RUSAGE_RING_MAGIC))
    return file.error("is a recovery ring: run rusage-bpf recover " + file.name());
  if (!beginning.starts_with('{')) return file.error("is not a recording of rusage-bpf: neither JSON nor NDJSON");
  return beginning.starts_with("{\"kind\"") ? read_ndjson(file, sink) : read_json(file, sink);
}

}  // namespace rusage_bpf
