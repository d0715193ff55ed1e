// Processes and commands as the page holds them: those that cost most, as far as there is room.
#pragma once

#include "document/document.h"

namespace rusage_bpf {

// Objects as a table, {"columns": [...], "rows": [[...]...], "left_out": n}: those with the most CPU time,
// until `most_bytes` of JSON are full, in the order they came in. Command lines are cut, times are
// microseconds, and of the columns there are those that the page shows.
Json page_table(const Json &objects, std::size_t most_bytes);

// JSON with nothing in it that could end the script element it stands in.
std::string inside_script(std::string_view json);

}  // namespace rusage_bpf
