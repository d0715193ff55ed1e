// What the rows add up to, and what makes that trustworthy: the document's `totals` and `audit`.
#pragma once

#include "document/json.h"
#include "model/recording.h"

namespace rusage_bpf {

// {column: sum} of counters, {column: {"peak", "elapsed"}} of gauges; of rss, "at_least" as well.
Json totals_json(const Outcome &outcome);
// What `totals` has of it that rows do not tell; an old document's has nothing.
std::optional<std::uint64_t> rss_at_least_from(const Json &totals);
// {"kernel", "rows"} of the columns that the kernel itself reported, and what was lost.
Json audit_json(const Outcome &outcome);

// Throws WrongField as document/fields.h does.
Audit audit_from(const Json &json);

}  // namespace rusage_bpf
