#include "input/parse.h"

#include <fmt/format.h>

namespace rusage_bpf {

std::string describe(const Json::exception &failure) {
  const auto *at = dynamic_cast<const Json::parse_error *>(&failure);
  if (!at) return "holds a number that is out of range";
  return fmt::format("is not JSON; the error is at byte {}", at->byte);
}

}  // namespace rusage_bpf
