// The source that the figures of a recording come from, opened for its target.
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
  std::string reason;  // why it is not the best there is; empty where it is
};

// Opens the best source that can be had, or the one that the options name, and has it track the selection, which is the
// target's.
Result<OpenedSource> open_source(const Options &options, const Selection &selection, Target &target);

}  // namespace rusage_bpf
