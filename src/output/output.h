// What a format writes its bytes to: a file at once (OutputFile), or a thread that does (BackgroundWriter).
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

  // Appends. Bytes are kept back until there are enough to be worth a system call.
  virtual Result<void> write(std::string_view bytes) = 0;
  // Appends all that the spool holds.
  virtual Result<void> write(std::unique_ptr<Spool> text) = 0;
  // What was written so far is to be there for readers.
  virtual Result<void> flush() = 0;
  // Gives a file its name already, for readers that follow it. It stays there, complete or not.
  virtual Result<void> put_in_place() = 0;
  // That was all: everything is to be on the disk, and the file in its place.
  virtual Result<void> commit() = 0;
};

}  // namespace rusage_bpf
