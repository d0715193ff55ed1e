#include "output/output_file.h"

#include <unistd.h>

#include "os/write_all.h"

namespace rusage_bpf {
namespace {

constexpr std::size_t buffer_bytes = std::size_t{64} << 10;

}  // namespace

Result<OutputFile> OutputFile::create(const std::string &path) {
  auto destination = Destination::open(path);
  if (!destination) return tl::unexpected(destination.error());
  return OutputFile(*std::move(destination));
}

Result<void> OutputFile::write(std::string_view bytes) {
  buffer_ += bytes;
  return buffer_.size() < buffer_bytes ? Result<void>() : flush();
}

Result<void> OutputFile::write(std::unique_ptr<Spool> text) {
  for (;;) {
    const auto part = text->take();
    if (!part) return tl::unexpected(part.error());
    if (part->empty()) return {};
    if (auto written = write(*part); !written) return written;
  }
}

Result<void> OutputFile::flush() {
  if (buffer_.empty()) return {};
  if (auto read = destination_.wait_for_reader(); !read) return read;
  if (auto written = write_all(fd(), buffer_, name()); !written) {
    // If this fails too, there is one torn line, which readers ignore.
    if (!is_stream()) static_cast<void>(ftruncate(fd(), flushed_bytes_));
    return written;
  }
  flushed_bytes_ += static_cast<off_t>(buffer_.size());
  buffer_.clear();
  return {};
}

Result<void> OutputFile::put_in_place() {
  auto flushed = flush();
  return flushed ? destination_.put_in_place() : flushed;
}

Result<void> OutputFile::commit() {
  auto flushed = flush();
  return flushed ? destination_.commit() : flushed;
}

}  // namespace rusage_bpf
