#include "input/reader.h"

#include <istream>

#include "input/json_reader.h"
#include "input/ndjson_reader.h"
#include "rusage_bpf/ring.h"

namespace rusage_bpf {
namespace {

// The first characters, blanks left out.
std::string beginning_of(const InputFile &file) {
  constexpr std::size_t enough = 16;
  InputBuffer buffer(file);
  std::istream stream(&buffer);
  std::string beginning;
  for (char c = 0; beginning.size() < enough && stream >> c;) beginning += c;
  return beginning;
}

}  // namespace

Result<Reading> read_recording(const InputFile &file, Sink &sink) {
  const std::string beginning = beginning_of(file);
  if (beginning.starts_with(RUSAGE_RING_MAGIC))
    return file.error("is a recovery ring: run rusage-bpf recover " + file.name());
  if (!beginning.starts_with('{'))
    return file.error("is no recording of rusage-bpf: neither JSON nor NDJSON");
  return beginning.starts_with("{\"kind\"") ? read_ndjson(file, sink) : read_json(file, sink);
}

}  // namespace rusage_bpf
