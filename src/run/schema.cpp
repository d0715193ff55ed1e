#include "run/schema.h"

#include "document/schema.h"
#include "os/write_all.h"

namespace rusage_bpf {

Result<int> print_schema(const SchemaOptions &) {
  const auto printed = print_all(json_schema().dump(2) + "\n");
  if (!printed) return tl::unexpected(printed.error());
  return 0;
}

}  // namespace rusage_bpf
