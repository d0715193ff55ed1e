// The list of columns as the page's scripts read it.
#pragma once

#include "document/json.h"

namespace rusage_bpf {

// The groups in their order, each with its charts, each of these with its columns:
// [{"key", "title", "colour", "charts": [{"name", "columns": [{"name", "label", "unit", "drawn", "of_processes"}]}]}].
// `of_processes`: the tables of processes and commands show it.
Json page_groups();

}  // namespace rusage_bpf
