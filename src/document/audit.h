// What the rows add up to, and what makes that trustworthy: the document's `totals` and `audit`.
#pragma once

#include "document/json.h"
#include "model/recording.h"

namespace rusage_bpf {

// {column: sum} of counters, {column: {"peak", "elapsed"}} of gauges.
Json totals_json(const Totals &totals);
// {"kernel", "rows"} of the columns that the kernel itself reported, and what was lost.
Json audit_json(const Outcome &outcome);

// Throws WrongField as document/fields.h does.
Audit audit_from(const Json &json);

}  // namespace rusage_bpf
