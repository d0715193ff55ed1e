// What a recording is called that has been given no name: rusage.json, or, where that is taken, rusage-2.json and so on.
#pragma once

#include <string>

namespace rusage_bpf {

// The first is rusage.json.
std::string default_name(unsigned number);

// The one in the working directory that was written last; rusage.json where there is none.
std::string newest_default_name();

}  // namespace rusage_bpf
