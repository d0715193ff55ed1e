#include "run/doctor.h"

#include <fmt/format.h>

#include "doctor/report.h"
#include "document/document.h"

namespace rusage_bpf {

Result<int> doctor(const DoctorOptions &options) {
  const Diagnosis diagnosis = diagnose(RUSAGE_BPF_VERSION);
  if (options.json)
    fmt::print("{}\n", to_text(diagnosis_json(diagnosis)));
  else
    fmt::print("{}", diagnosis_text(diagnosis));
  return diagnosis.bpf_works() ? 0 : 1;
}

}  // namespace rusage_bpf
