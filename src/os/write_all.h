// All of some bytes into a file, however many writes that takes.
#pragma once

#include <string>
#include <string_view>

#include "os/error.h"

namespace rusage_bpf {

// `name` is what is written, for the message. Some of the bytes may have been written when it fails.
Result<void> write_all(int fd, std::string_view bytes, const std::string &name);

// The same into standard output.
Result<void> print_all(std::string_view text);

// From now on a reader that goes away, and a file that grows too large, are errors of the write and no signals. What
// is started after this inherits it.
void take_write_signals_as_errors();

}  // namespace rusage_bpf
