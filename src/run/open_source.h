// Opens the source of a recording for its target.
#pragma once

#include <memory>
#include <string>

#include "cli/options.h"
#include "model/selection.h"
#include "os/error.h"
#include "source/source.h"
#include "target/target.h"

namespace rusage_bpf {

struct OpenedSource {
  std::unique_ptr<Source> source;
  std::string reason;  // why BPF is not used; else empty
};

// Opens the source in the options, or the best one that works, and lets it track the target. `selection` is the
// target's.
Result<OpenedSource> open_source(const Options &options, const Selection &selection, Target &target);

}  // namespace rusage_bpf
