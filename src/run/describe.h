// Describes a recording before its first row.
#pragma once

#include "cli/options.h"
#include "model/recording.h"
#include "model/selection.h"
#include "run/open_source.h"

namespace rusage_bpf {

Recording describe(const Options &options, const Selection &selection, const OpenedSource &opened);

}  // namespace rusage_bpf
