// JSON objects that keep their order.
#pragma once

#include <nlohmann/json.hpp>

namespace rusage_bpf {

using Json = nlohmann::ordered_json;

}  // namespace rusage_bpf
