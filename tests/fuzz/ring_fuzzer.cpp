// Gives random bytes to the reader of recovery rings. It must refuse them in one line, or return rows with growing
// numbers. The checksum of a damaged header is corrected, so that the rest is read too.
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "fuzz/fuzz.h"
#include "ring/layout.h"
#include "ring/reader.h"
#include "ring/writer.h"

namespace {

using namespace rusage_bpf;
using fuzz::require;

void seal_header(std::string &bytes) {
  rusage_ring_header header{};
  if (bytes.size() < sizeof(header)) return;
  std::memcpy(&header, bytes.data(), sizeof(header));
  if (header.description_bytes > bytes.size() - sizeof(header)) return;
  header.checksum =
      checksum(std::as_bytes(std::span(bytes))
                   .subspan(header_sealed_from, sizeof(header) - header_sealed_from + header.description_bytes));
  std::memcpy(bytes.data(), &header, sizeof(header));
}

void read(const std::string &bytes) {
  const auto ring = RingReader::open(fuzz::file_of(bytes), "ring");
  if (!ring) {
    const std::string &message = ring.error().message;
    require(!message.empty() && message.find('\n') == std::string::npos, "one line says why");
    return;
  }
  static_cast<void>(ring->outcome());
  RingRows rows(*ring);
  std::uint64_t next = 0;
  std::uint64_t count = 0;
  while (const auto row = rows.next()) {
    require(row->number >= next, "numbers grow");
    next = row->number + 1;
    count++;
  }
  require(rows.at_end(), "nobody records to it");
  require(count + rows.damaged() <= ring->capacity() + 1, "no more rows than the ring has");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
  std::string bytes(reinterpret_cast<const char *>(data), size);
  read(bytes);
  seal_header(bytes);
  read(bytes);
  return 0;
}

std::vector<std::string> fuzz_seeds() {
  std::string directory = std::filesystem::temp_directory_path() / "rusage-bpf-fuzz-XXXXXX";
  require(mkdtemp(directory.data()), "a directory for rings");
  const std::string path = directory + "/ring";
  std::vector<std::string> seeds;
  for (const std::uint64_t count : {0, 3, 10}) {
    auto ring = RingWriter::create({.path = path, .rows = 4});
    Recording recording;
    recording.argv = {"make", "-j8"};
    require(ring && ring->begin(recording) && ring->put_in_place(), "a ring can be made");
    for (Row row; row.number < count; row.number++) require(ring->append(row).has_value(), "a row");
    if (count == 10) require(ring->end(Outcome()).has_value(), "an end");
    std::ifstream file(path, std::ios::binary);
    seeds.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
  }
  std::filesystem::remove_all(directory);
  return seeds;
}
