// Text that is kept until its time has come: a little in memory, more in a file that has no name.
#pragma once

#include <string>
#include <string_view>

#include "os/error.h"
#include "os/fd.h"
#include "output/output_file.h"

namespace rusage_bpf {

class Spool {
 public:
  // Fails where there is no room for the file.
  Result<void> write(std::string_view text);
  // Gives all that was written to `file`.
  Result<void> copy_to(OutputFile &file);

  [[nodiscard]] bool empty() const { return buffer_.empty() && !file_; }

 private:
  Result<void> flush();

  std::string buffer_;
  Fd file_;
};

}  // namespace rusage_bpf
