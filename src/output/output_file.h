// An output that is written at once.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "os/error.h"
#include "output/destination.h"
#include "output/output.h"

namespace rusage_bpf {

class OutputFile final : public Output {
 public:
  explicit OutputFile(Destination destination) : destination_(std::move(destination)) {}
  // Fails where nothing could be written to `path`.
  static Result<OutputFile> create(const std::string &path);

  [[nodiscard]] const std::string &name() const { return destination_.name(); }
  [[nodiscard]] bool is_stream() const { return destination_.is_stream(); }
  [[nodiscard]] bool lacks_reader() const { return destination_.lacks_reader(); }
  [[nodiscard]] int fd() const { return destination_.fd(); }  // none before a pipe has a reader

  Result<void> write(std::string_view bytes) override;
  Result<void> write(std::unique_ptr<Spool> text) override;
  // Waits for the reader of a pipe that has none yet. If the disk is full, a file is cut back to the end of the
  // previous flush, so that a file that is in place has no torn line.
  Result<void> flush() override;
  Result<void> put_in_place() override;
  Result<void> commit() override;

 private:
  Destination destination_;
  off_t flushed_bytes_ = 0;
  std::string buffer_;
};

}  // namespace rusage_bpf
