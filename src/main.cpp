// A table of contents, and the one place where an error becomes a message and an exit status.
#include <fmt/format.h>

#include <cstdio>
#include <string_view>

#include "cli/compare_options.h"
#include "cli/convert_options.h"
#include "cli/doctor_options.h"
#include "cli/options.h"
#include "cli/recover_options.h"
#include "cli/report_options.h"
#include "cli/schema_options.h"
#include "os/write_all.h"
#include "output/text.h"
#include "run/compare.h"
#include "run/convert.h"
#include "run/doctor.h"
#include "run/recover.h"
#include "run/run.h"
#include "run/schema.h"

namespace rusage_bpf {
namespace {

// A command's exit status is its own: what is ours must look different.
constexpr int failed_with_command = 125;
constexpr int failed_otherwise = 1;

int exit_status(const Error &error, int otherwise) {
  switch (error.kind) {
    case Error::Kind::command_not_found:
      return 127;
    case Error::Kind::command_not_executable:
      return 126;
    case Error::Kind::usage:
      return 2;
    case Error::Kind::recorder:
      break;
  }
  return otherwise;
}

int fail(const Error &error, int otherwise) {
  fmt::print(stderr, "rusage-bpf: {}\n", one_line(error.message));
  return exit_status(error, otherwise);
}

// Does what the options ask for; `act` gives the exit status.
template <typename Options>
int act_on(const Options &options, Result<int> (*act)(const Options &), int failed) {
  if (!options.print.empty()) {
    const auto printed = print_all(options.print);
    return printed ? 0 : fail(printed.error(), failed);
  }
  const auto status = act(options);
  return status ? *status : fail(status.error(), failed);
}

int record_main(Arguments arguments) {
  const auto options = parse_options(arguments);
  if (!options) return fail(options.error(), failed_with_command);
  return act_on(*options, run, options->attach() ? failed_otherwise : failed_with_command);
}

// What needs no recorder, and starts nothing that would inherit how signals are taken.
template <typename Options>
int sub_command_main(const Result<Options> &options, Result<int> (*act)(const Options &)) {
  if (!options) return fail(options.error(), failed_otherwise);
  take_write_signals_as_errors();
  return act_on(*options, act, failed_otherwise);
}

}  // namespace
}  // namespace rusage_bpf

int main(int argc, char **argv) {
  using namespace rusage_bpf;
  const Arguments arguments(argv, static_cast<std::size_t>(argc));
  const std::string_view first = argc > 1 ? argv[1] : "";
  if (first == "recover") return sub_command_main(parse_recover(arguments.subspan(1)), recover);
  if (first == "convert") return sub_command_main(parse_convert(arguments.subspan(1)), convert);
  if (first == "report") return sub_command_main(parse_report(arguments.subspan(1)), convert);
  if (first == "compare") return sub_command_main(parse_compare(arguments.subspan(1)), compare);
  if (first == "doctor") return sub_command_main(parse_doctor(arguments.subspan(1)), doctor);
  if (first == "schema") return sub_command_main(parse_schema(arguments.subspan(1)), print_schema);
  return record_main(arguments);
}
