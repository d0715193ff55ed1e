#include "cli/doctor_options.h"

#include <CLI/CLI.hpp>

namespace rusage_bpf {
namespace {

Result<DoctorOptions> doctor_options(Arguments arguments) {
  DoctorOptions options;
  CLI::App app(
      "Tries what recording needs on this machine, with your privileges. Says what works, and how "
      "to fix what does not.",
      "rusage-bpf doctor");
  app.add_flag("--json", options.json, "the same for scripts");
  app.footer("Exit status: 0 if recording with BPF works; 1 if not; 2 for wrong usage.");
  auto print = read_arguments(app, arguments);
  if (!print) return tl::unexpected(print.error());
  options.print = *std::move(print);
  return options;
}

}  // namespace

Result<DoctorOptions> parse_doctor(Arguments arguments) {
  return as_usage(doctor_options(arguments));
}

}  // namespace rusage_bpf
