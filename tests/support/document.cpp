#include "support/document.h"

#include <catch2/catch.hpp>
#include <cmath>

namespace test {
namespace {

std::int64_t to_ns(const nlohmann::json &seconds) {
  return std::llround(seconds.get<double>() * 1e9);
}

// Times are in seconds, and are counted in nanoseconds. Unknown values add nothing.
std::int64_t unit_of(const nlohmann::json &value) {
  if (value.is_null()) return 0;
  return value.is_number_float() ? to_ns(value) : value.get<std::int64_t>();
}

}  // namespace

Document::Document(nlohmann::json json) : json_(std::move(json)) {
  if (json_.at("meta").at("recovered")) return;  // a ring has only rows
  if (json_.at("audit").at("processes_left_out") == 0) check_parts("processes");
  check_parts("commands");
}

void Document::check_parts(const std::string &parts) const {
  for (const nlohmann::json &column : json_.at("columns")) {
    if (column.at("kind") != "counter") continue;
    const std::string name = column.at("name");
    std::int64_t sum = 0;
    for (const nlohmann::json &part : json_.at(parts)) sum += unit_of(part.at(name));
    INFO(name << " of " << parts);
    const std::int64_t total = unit_of(json_.at("totals").at(name));
    // The usage of unlisted tasks is only in the rows.
    const auto &unlisted = json_.at("audit").at("unlisted_tasks");
    if (!unlisted.is_null() && unlisted > 0)
      CHECK(sum <= total);
    else
      CHECK(sum == total);
  }
}

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
