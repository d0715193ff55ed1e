#include "run/doctor.h"

#include "doctor/report.h"
#include "document/document.h"
#include "os/write_all.h"

namespace rusage_bpf {

Result<int> doctor(const DoctorOptions &options) {
  const Diagnosis diagnosis = diagnose(RUSAGE_BPF_VERSION);
  const auto printed = print_all(options.json ? to_text(diagnosis_json(diagnosis)) + "\n" : diagnosis_text(diagnosis));
  if (!printed) return tl::unexpected(printed.error());
  return diagnosis.bpf_works() ? 0 : 1;
}

}  // namespace rusage_bpf
