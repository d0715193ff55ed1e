// The options of a command line as JSON, for the man page and the completions: see tools/make_documents.
#pragma once

#include <string>

namespace CLI {
class App;
}

namespace rusage_bpf {

// Given alone, it prints the list. Not for users: --help does not name it.
constexpr auto list_options_flag = "--list-options";

std::string list_options(const CLI::App &app);

}  // namespace rusage_bpf
