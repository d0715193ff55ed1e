// Shared by all command lines.
#pragma once

#include <span>
#include <string>

#include "os/error.h"

namespace CLI {
class App;  // its header takes long to compile
}

namespace rusage_bpf {

using Arguments = std::span<const char *const>;  // the name of the program or the subcommand comes first

// Lets `app` read the arguments. Returns help or the version, if that is all to be printed, and else an empty string.
Result<std::string> read_arguments(CLI::App &app, Arguments arguments);

// An error in the options of a subcommand is wrong usage, which has its own exit status.
template <typename Options>
Result<Options> as_usage(Result<Options> options) {
  if (!options) options.error().kind = Error::Kind::usage;
  return options;
}

}  // namespace rusage_bpf
