// Opens the source of a recording for its target.
#pragma once

#include <memory>
#include <string>

#include "cli/options.h"
#include "model/selection.h"
#include "os/error.h"
#include "source/early_load.h"
#include "source/source.h"
#include "target/target.h"

namespace rusage_bpf {

struct OpenedSource {
  std::unique_ptr<Source> source;
  std::string reason;  // why BPF is not used; else empty
};

// Begins to load the BPF programs, if they are likely to be needed, before the target is known.
EarlyLoad begin_loading(const Options &options);

// Opens the source in the options, or the best one that works, and lets it track the target. `selection` is the
// target's. Afterwards, `early` has no thread any more.
Result<OpenedSource> open_source(const Options &options, const Selection &selection, Target &target, EarlyLoad early);

}  // namespace rusage_bpf
