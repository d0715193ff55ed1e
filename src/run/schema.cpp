#include "run/schema.h"

#include <fmt/format.h>

#include "document/schema.h"

namespace rusage_bpf {

Result<int> print_schema(const SchemaOptions &) {
  fmt::print("{}\n", json_schema().dump(2));
  return 0;
}

}  // namespace rusage_bpf
