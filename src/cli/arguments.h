// What all command lines have in common.
#pragma once

#include <span>
#include <string>

#include "os/error.h"

namespace CLI {
class App;  // whose header takes long to compile
}

namespace rusage_bpf {

using Arguments = std::span<const char *const>;  // the program's or the sub-command's name first

// Lets `app` read them. Gives what is to be printed instead of doing anything: help, the version, or
// nothing.
Result<std::string> read_arguments(CLI::App &app, Arguments arguments);

}  // namespace rusage_bpf
