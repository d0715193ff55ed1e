// Processes and commands as the page holds them: those with the most CPU time, as many as fit.
#pragma once

#include "document/document.h"

namespace rusage_bpf {

// Objects as a table, {"columns": [...], "rows": [[...]...], "omitted": n}: those with the most CPU time,
// up to `most_bytes` of JSON, in their original order. Command lines are cut, times are rounded to microseconds, and
// only the fields that the page shows are kept.
Json page_table(const Json &objects, std::size_t most_bytes);

// JSON in which nothing can end the script element that it is in.
std::string inside_script(std::string_view json);

}  // namespace rusage_bpf
