// What all command lines have in common.
#pragma once

#include <span>
#include <string>

#include "os/error.h"

namespace CLI {
class App;  // its header takes long to compile
}

namespace rusage_bpf {

using Arguments = std::span<const char *const>;  // the program's or the sub-command's name first

// Lets `app` read them. Gives what is to be printed instead of doing anything: help, the version, or
// nothing.
Result<std::string> read_arguments(CLI::App &app, Arguments arguments);

// What is wrong with the options of a sub-command is wrong usage, which has an exit status of its own.
template <typename Options>
Result<Options> as_usage(Result<Options> options) {
  if (!options) options.error().kind = Error::Kind::usage;
  return options;
}

}  // namespace rusage_bpf
