#include "cli/version.h"

#include <fmt/format.h>
#include <simdjson.h>

#include "built_with.h"
#include "commit.h"

namespace rusage_bpf {

std::string version_text() {
  constexpr int fmt_version = FMT_VERSION;
  return fmt::format(
      "rusage-bpf {}\n"
      "commit {}, {}, {}\n"
      "compiled by {}, the BPF programs by clang {}\n"
      "with {}, fmt {}.{}.{}, simdjson {}.{}.{}",
      RUSAGE_BPF_VERSION, RUSAGE_BPF_COMMIT, RUSAGE_BPF_ARCHITECTURE, RUSAGE_BPF_LINKAGE, RUSAGE_BPF_COMPILER,
      RUSAGE_BPF_CLANG, RUSAGE_BPF_LIBRARIES, fmt_version / 10000, fmt_version / 100 % 100, fmt_version % 100,
      int{simdjson::SIMDJSON_VERSION_MAJOR}, int{simdjson::SIMDJSON_VERSION_MINOR},
      int{simdjson::SIMDJSON_VERSION_REVISION});
}

}  // namespace rusage_bpf
