// rusage-bpf doctor: from the options to the exit status.
#pragma once

#include "cli/doctor_options.h"
#include "os/error.h"

namespace rusage_bpf {

// Returns the exit status: 1 if recording with BPF does not work.
Result<int> doctor(const DoctorOptions &options);

}  // namespace rusage_bpf
