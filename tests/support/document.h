// A complete document: its sums, and its rows in order. The process records and commands of each document are checked
// to add up to the totals.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

namespace test {

class Document {
 public:
  explicit Document(nlohmann::json json);

  [[nodiscard]] const nlohmann::json &json() const { return json_; }
  [[nodiscard]] const nlohmann::json &rows() const { return json_.at("samples"); }

  // The sum of a counter over all rows.
  [[nodiscard]] std::int64_t sum(const std::string &column) const;
  // The same for a column in seconds, in nanoseconds.
  [[nodiscard]] std::int64_t sum_ns(const std::string &column) const;

  // The kernel's total of the command at wait4.
  [[nodiscard]] std::int64_t kernel(const std::string &column) const {
    return json_.at("audit").at("kernel").at(column).get<std::int64_t>();
  }
  [[nodiscard]] std::int64_t kernel_ns(const std::string &column) const;

 private:
  void check_parts(const std::string &parts) const;

  nlohmann::json json_;
};

}  // namespace test
