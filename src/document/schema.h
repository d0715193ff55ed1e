// The JSON Schema of the JSON document, draft 2020-12.
#pragma once

#include "document/json.h"

namespace rusage_bpf {

// The parts about columns come from the list of columns. Every field that this version writes is required; others are
// allowed, so that documents of later versions with the same schema are valid too.
Json json_schema();

}  // namespace rusage_bpf
