// Takes the bytes of a format: writes them at once (OutputFile) or by a thread (BackgroundWriter).
#pragma once

#include <memory>
#include <string_view>

#include "os/error.h"
#include "output/spool.h"

namespace rusage_bpf {

class Output {
 public:
  Output() = default;
  Output(Output &&) = default;
  Output &operator=(Output &&) = default;
  virtual ~Output() = default;

  // Appends. Bytes are buffered until there are enough for a system call.
  virtual Result<void> write(std::string_view bytes) = 0;
  // Appends all that the spool holds.
  virtual Result<void> write(std::unique_ptr<Spool> text) = 0;
  // Makes all that was written visible to readers.
  virtual Result<void> flush() = 0;
  // Gives a file its name before it is complete, for readers that follow it. The file remains, complete or not.
  virtual Result<void> put_in_place() = 0;
  // The output is complete: puts it on the disk and the file in its place.
  virtual Result<void> commit() = 0;
};

}  // namespace rusage_bpf
