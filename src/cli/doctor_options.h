// rusage-bpf doctor: what the user asked for.
#pragma once

#include <string>

#include "cli/arguments.h"
#include "os/error.h"

namespace rusage_bpf {

struct DoctorOptions {
  bool json = false;
  std::string print;  // set where this is to be printed instead: help
};

Result<DoctorOptions> parse_doctor(Arguments arguments);

}  // namespace rusage_bpf
