#include "cli/schema_options.h"

#include <CLI/CLI.hpp>

namespace rusage_bpf {

Result<SchemaOptions> parse_schema(Arguments arguments) {
  CLI::App app("Prints the JSON Schema of the JSON document.", "rusage-bpf schema");
  auto print = read_arguments(app, arguments);
  if (print) return SchemaOptions{*std::move(print)};
  print.error().kind = Error::Kind::usage;
  return tl::unexpected(print.error());
}

}  // namespace rusage_bpf
