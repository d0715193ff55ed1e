// A diagnosis as text and as JSON.
#pragma once

#include <string>

#include "doctor/doctor.h"
#include "document/json.h"

namespace rusage_bpf {

std::string diagnosis_text(const Diagnosis &diagnosis);
Json diagnosis_json(const Diagnosis &diagnosis);

}  // namespace rusage_bpf
