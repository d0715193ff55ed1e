// A table of contents, and the one place where an error becomes a message and an exit status.
#include <fmt/format.h>

#include <cstdio>

#include "cli/options.h"
#include "output/text.h"
#include "run/run.h"

namespace rusage_bpf {
namespace {

// A command's exit status is its own: what is ours must look different.
constexpr int failed_with_command = 125;
constexpr int failed_with_attach = 1;

int exit_status(const Error &error, int otherwise) {
  switch (error.kind) {
    case Error::Kind::command_not_found:
      return 127;
    case Error::Kind::command_not_executable:
      return 126;
    case Error::Kind::attach_usage:
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

}  // namespace
}  // namespace rusage_bpf

int main(int argc, char **argv) {
  using namespace rusage_bpf;
  const auto options = parse_options(argc, argv);
  if (!options) return fail(options.error(), failed_with_command);
  if (!options->print.empty()) {
    fmt::print("{}", options->print);
    return 0;
  }
  const auto status = run(*options);
  if (status) return *status;
  return fail(status.error(), options->attach() ? failed_with_attach : failed_with_command);
}
