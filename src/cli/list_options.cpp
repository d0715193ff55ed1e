#include "cli/list_options.h"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "cli/sub_commands.h"

namespace rusage_bpf {
namespace {

using Json = nlohmann::ordered_json;

Json names_of(const CLI::Option &option) {
  Json names = Json::array();
  for (const std::string &name : option.get_snames()) names.push_back("-" + name);
  for (const std::string &name : option.get_lnames()) names.push_back("--" + name);
  return names;
}

}  // namespace

std::string list_options(const CLI::App &app) {
  Json list{{"command", app.get_name()}, {"description", app.get_description()}, {"footer", app.get_footer()},
            {"options", Json::array()},  {"arguments", Json::array()},           {"subcommands", Json::array()}};
  for (const CLI::Option *option : app.get_options()) {
    const Json common{{"value", option->get_option_text()}, {"help", option->get_description()}};
    if (option->get_positional()) {
      list["arguments"].push_back(common);
      continue;
    }
    Json entry{{"names", names_of(*option)}};
    entry.update(common);
    entry["group"] = option->get_group();
    list["options"].push_back(entry);
  }
  for (const SubCommand &command : sub_commands)
    list["subcommands"].push_back({{"name", command.name}, {"summary", command.summary}});
  return list.dump(2) + "\n";
}

}  // namespace rusage_bpf
