// The `totals` and the `audit` of a document.
#pragma once

#include "document/json.h"
#include "model/recording.h"

namespace rusage_bpf {

// {column: sum} of counters, {column: {"peak", "elapsed"}} of gauges; of rss, "at_least" as well.
Json totals_json(const Outcome &outcome);
// The value in `totals` that cannot be computed from rows; nothing in documents of older versions.
std::optional<std::uint64_t> rss_at_least_from(const Json &totals);
// {"kernel", "rows"} of the columns that the kernel reports at wait4(2), and the counts of what was lost.
Json audit_json(const Outcome &outcome);

// Throws WrongField as document/fields.h does.
Audit audit_from(const Json &json);

}  // namespace rusage_bpf
