// Writes all bytes, with as many write(2) calls as needed.
#pragma once

#include <string>
#include <string_view>

#include "os/error.h"

namespace rusage_bpf {

// `name` is for the message. A failure may come after some bytes are written.
Result<void> write_all(int fd, std::string_view bytes, const std::string &name);

// Writes to standard output.
Result<void> print_all(std::string_view text);

// From now on, a pipe without a reader and a file over its limit are errors of write(2), and raise no signals. Child
// processes inherit this.
void take_write_signals_as_errors();

}  // namespace rusage_bpf
