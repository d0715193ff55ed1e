// The pages that draw a recording, or two over each other: one file that opens offline, put together
// from src/output/page/.
#pragma once

#include <string_view>
#include <vector>

#include "document/document.h"
#include "model/buckets.h"
#include "output/output.h"

namespace rusage_bpf {

// What the beginning of each page has in it.
inline constexpr std::string_view page_mark = R"(<meta name="generator" content="rusage-bpf">)";

// `document` is the recording without its samples, as document/document.h makes it, and one thing of
// its own: {"words": {"target", "ending", "audit"}}, as the summary says them. `processes` and
// `commands` are drawn where the document has them, as many of them as fit into 1 MiB with the rest.
// `processes_dropped`, where it is there, is how many more processes than these there were.
Result<void> write_page(Output &file, const Json &document, const Buckets &buckets);

// `comparison` is what compare/comparison_page.h makes of two recordings; these are their buckets.
Result<void> write_comparison_page(Output &file, const Json &comparison, const Buckets &a, const Buckets &b);

// The buckets as JSON text, with five digits a number:
// {"end": [s...], "steps": n, "series": {name: {"mean", "least", "greatest": [number or null...]}}}.
// Each begins where the one before ends. Where all three would be equal, `mean` stands alone.
std::string buckets_json(const Buckets &buckets);

}  // namespace rusage_bpf
