#include "cli/arguments.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>

namespace rusage_bpf {

Result<std::string> read_arguments(CLI::App &app, Arguments arguments) {
  try {
    app.parse(static_cast<int>(arguments.size()), arguments.data());
  } catch (const CLI::CallForHelp &) {
    return app.help();
  } catch (const CLI::CallForVersion &) {
    return app.version() + "\n";
  } catch (const CLI::ParseError &failure) {
    return error(fmt::format("{}; see {} --help", failure.what(), app.get_name()));
  }
  return std::string();
}

}  // namespace rusage_bpf
