// The JSON Schema of the JSON document, draft 2020-12.
#pragma once

#include "document/json.h"

namespace rusage_bpf {

// What belongs to a column is made from the column list. Every field that this build writes is
// required; others may come, so that documents of later builds with the same schema are valid too.
Json json_schema();

}  // namespace rusage_bpf
