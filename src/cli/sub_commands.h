// The subcommands, as --help and the documents that tools/make_documents makes list them. main.cpp calls them.
#pragma once

#include <array>
#include <string_view>

namespace rusage_bpf {

struct SubCommand {
  std::string_view name;
  std::string_view summary;
};

constexpr std::array sub_commands{
    SubCommand{"report", "draw a recording as a page"},
    SubCommand{"compare", "compare two recordings, or check limits"},
    SubCommand{"convert", "turn a recording into other formats"},
    SubCommand{"recover", "get the rows back after a crash"},
    SubCommand{"doctor", "say what recording needs on this machine"},
    SubCommand{"schema", "print the JSON Schema of the document"},
};

}  // namespace rusage_bpf
