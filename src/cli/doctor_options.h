// rusage-bpf doctor: its options.
#pragma once

#include <string>

#include "cli/arguments.h"
#include "os/error.h"

namespace rusage_bpf {

struct DoctorOptions {
  bool json = false;
  std::string print;  // set if only this is to be printed: help
};

Result<DoctorOptions> parse_doctor(Arguments arguments);

}  // namespace rusage_bpf
