// A finished document as tests ask it: sums, and rows in order. In each one that is asked, what single
// processes and commands used is checked to be the totals.
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

  // What the kernel itself reported of the command at wait4.
  [[nodiscard]] std::int64_t kernel(const std::string &column) const {
    return json_.at("audit").at("kernel").at(column).get<std::int64_t>();
  }
  [[nodiscard]] std::int64_t kernel_ns(const std::string &column) const;

 private:
  void check_parts(const std::string &parts) const;

  nlohmann::json json_;
};

}  // namespace test
