#include "cli/arguments.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "cli/list_options.h"

namespace rusage_bpf {

Result<std::string> read_arguments(CLI::App &app, Arguments arguments) {
  if (arguments.size() == 2 && std::string_view(arguments[1]) == list_options_flag) return list_options(app);
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
