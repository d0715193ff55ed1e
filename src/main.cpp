// The subcommands, and the one place where an error becomes a message and an exit status.
#include <exception>
#include <new>
#include <string_view>

#include "cli/compare_options.h"
#include "cli/convert_options.h"
#include "cli/doctor_options.h"
#include "cli/options.h"
#include "cli/recover_options.h"
#include "cli/report_options.h"
#include "cli/schema_options.h"
#include "os/members_copy.h"
#include "os/message.h"
#include "os/standard_streams.h"
#include "os/write_all.h"
#include "run/compare.h"
#include "run/convert.h"
#include "run/doctor.h"
#include "run/recover.h"
#include "run/run.h"
#include "run/schema.h"

namespace rusage_bpf {
namespace {

// Exit statuses of the recorder. They must differ from those of most commands.
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
  for (const std::string &message : error.earlier_messages) say_line(message);
  say_line(error.message);
  return exit_status(error, otherwise);
}

// Errors are values. Only libraries and a lack of memory throw.
template <typename Act>
int without_exceptions(Act act, int failed) {
  try {
    return act();
  } catch (const std::bad_alloc &) {
    say_line("out of memory");
  } catch (const std::exception &exception) {
    say("unexpected: {}", exception.what());
  } catch (...) {
    say_line("unexpected: an exception without words");
  }
  return failed;
}

int print(const std::string &text, int failed) {
  take_write_signals_as_errors();
  const auto printed = print_all(text);
  return printed ? 0 : fail(printed.error(), failed);
}

// Parses the options and calls `act`, which returns the exit status.
template <typename Options>
int act_on(const Options &options, Result<int> (*act)(const Options &), int failed) {
  if (!options.print.empty()) return print(options.print, failed);
  const auto status = act(options);
  return status ? *status : fail(status.error(), failed);
}

int record_main(Arguments arguments) {
  const auto options = parse_options(arguments);
  if (!options) return fail(options.error(), failed_with_command);
  const int failed = options->attach() ? failed_otherwise : failed_with_command;
  return without_exceptions([&] { return act_on(*options, run, failed); }, failed);
}

// Subcommands without a recorder, which start no process that would inherit the signal actions.
template <typename Options>
int sub_command_main(Arguments arguments, Result<Options> (*parse)(Arguments), Result<int> (*act)(const Options &)) {
  const auto parse_and_act = [&] {
    const auto options = parse(arguments);
    if (!options) return fail(options.error(), failed_otherwise);
    take_write_signals_as_errors();
    return act_on(*options, act, failed_otherwise);
  };
  return without_exceptions(parse_and_act, failed_otherwise);
}

// Whether it records or tries to: what else there is needs no privileges.
bool may_need_privileges(Arguments arguments) {
  return arguments.size() > 1 && (arguments[1][0] == '-' || arguments[1] == std::string_view("doctor"));
}

int do_as_asked(Arguments arguments) {
  if (arguments.size() < 2) return record_main(arguments);
  const std::string_view first = arguments[1];
  const Arguments rest = arguments.subspan(1);
  if (first == "recover") return sub_command_main(rest, parse_recover, recover);
  if (first == "convert") return sub_command_main(rest, parse_convert, convert);
  if (first == "report") return sub_command_main(rest, parse_report, convert);
  if (first == "compare") return sub_command_main(rest, parse_compare, compare);
  if (first == "doctor") return sub_command_main(rest, parse_doctor, doctor);
  if (first == "schema") return sub_command_main(rest, parse_schema, print_schema);
  return record_main(arguments);
}

}  // namespace
}  // namespace rusage_bpf

int main(int argc, char **argv) {
  using namespace rusage_bpf;
  const Arguments arguments(argv, static_cast<std::size_t>(argc));
  if (may_need_privileges(arguments)) become_members_copy(arguments);
  hold_closed_standard_streams();
  const int status = without_exceptions([&] { return do_as_asked(arguments); }, failed_with_command);
  finish_saying();
  return status;
}
