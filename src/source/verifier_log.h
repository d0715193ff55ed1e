// What the kernel's verifier says of a program that it refuses.
#pragma once

#include <string>
#include <string_view>

namespace rusage_bpf {

// Why, in one line; empty where the log does not say. A field of the kernel's that is not as the program expects it is
// named.
std::string reason_in(std::string_view log);

}  // namespace rusage_bpf
