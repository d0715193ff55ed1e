// The pages that draw a recording, or two over each other: one file that opens offline, made of the parts in
// src/output/page/.
#pragma once

#include <string_view>
#include <vector>

#include "document/document.h"
#include "model/buckets.h"
#include "output/output.h"

namespace rusage_bpf {

// Every page has this in its first lines.
inline constexpr std::string_view page_mark = R"(<meta name="generator" content="rusage-bpf">)";

// `document` is the recording without its samples, as document/document.h makes it, with the texts of the summary as
// {"words": {"target", "ending", "audit"}}. `processes` and `commands` are drawn if the document has them, as many of
// them as fit into 1 MiB with the rest. `processes_dropped` is the number of processes that the caller has dropped.
Result<void> write_page(Output &file, const Json &document, const Buckets &buckets);

// `comparison` is made by compare/comparison_page.h from two recordings with these buckets.
Result<void> write_comparison_page(Output &file, const Json &comparison, const Buckets &a, const Buckets &b);

// The buckets as JSON text, with five digits a number:
// {"end": [s...], "steps": n, "series": {name: {"mean", "least", "greatest": [number or null...]}}}.
// Each bucket begins at the end of the previous one. If all three are equal, there is only `mean`.
std::string buckets_json(const Buckets &buckets);

}  // namespace rusage_bpf
