#include "support/document.h"

#include <cmath>

namespace test {
namespace {

std::int64_t to_ns(const nlohmann::json &seconds) {
  return std::llround(seconds.get<double>() * 1e9);
}

}  // namespace

std::int64_t Document::sum(const std::string &column) const {
  std::int64_t sum = 0;
  for (const auto &row : rows())
    if (!row.at(column).is_null()) sum += row.at(column).get<std::int64_t>();
  return sum;
}

std::int64_t Document::sum_ns(const std::string &column) const {
  std::int64_t sum_ns = 0;
  for (const auto &row : rows())
    if (!row.at(column).is_null()) sum_ns += to_ns(row.at(column));
  return sum_ns;
}

std::int64_t Document::kernel_ns(const std::string &column) const {
  return to_ns(json_.at("audit").at("kernel").at(column));
}

}  // namespace test
