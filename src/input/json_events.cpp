#include "input/json_events.h"

#include <fmt/format.h>

#include <algorithm>

#include "os/text.h"

namespace rusage_bpf {

// The library's own message is not used: it repeats the text, which may be megabytes.
bool JsonEvents::parse_error(std::size_t read, const std::string &, const nlohmann::detail::exception &failure) {
  const bool out_of_range = dynamic_cast<const Json::out_of_range *>(&failure) != nullptr;
  const std::size_t position = read + passed_over_;
  error_at_ = out_of_range ? 0 : position;
  return refuse(out_of_range ? fmt::format("holds a number that is out of range, before byte {}", position)
                             : fmt::format("is not JSON; the error is at byte {}", position));
}

bool JsonValue::count(std::size_t &counter, std::size_t maximum, const char *what) {
  return ++counter <= maximum || refuse(fmt::format("holds more than {} {}", maximum, what));
}

// Adds the value to the open object or list, and returns its place there.
Json *JsonValue::put(Json value) {
  started_ = true;
  if (open_.empty()) {
    root_ = std::move(value);
    return &root_;
  }
  Json &around = *open_.back();
  if (around.is_array()) return &around.get_ref<Json::array_t &>().emplace_back(std::move(value));
  // Without the library's search for the name, whose time grows with the number of fields.
  Json::object_t::Container &fields = around.get_ref<Json::object_t &>();
  return &fields.emplace_back(std::move(name_), std::move(value)).second;
}

bool JsonValue::scalar(Json value) {
  if (value.is_string() && value.get_ref<const std::string &>().size() > max_text_bytes)
    return refuse(fmt::format("holds a text of more than {} bytes", max_text_bytes));
  if (!count(elements_, max_elements, "values")) return false;
  put(std::move(value));
  return true;
}

bool JsonValue::start(Json empty) {
  if (open_.size() >= max_nesting) return refuse("nested too deeply");
  if (!count(fields_, max_fields, "fields, objects and lists")) return false;
  open_.push_back(put(std::move(empty)));
  return true;
}

bool JsonValue::field(std::string &name) {
  name_ = std::move(name);
  return count(fields_, max_fields, "fields, objects and lists");
}

bool JsonValue::end() {
  const Json &ended = *open_.back();
  open_.pop_back();
  return !ended.is_object() || has_no_field_twice(ended);
}

bool JsonValue::has_no_field_twice(const Json &object) {
  names_.clear();
  for (const auto &item : object.get_ref<const Json::object_t &>()) names_.push_back(item.first);
  std::sort(names_.begin(), names_.end());
  const auto twice = std::adjacent_find(names_.begin(), names_.end());
  return twice == names_.end() || refuse(fmt::format("has {} twice", one_line(*twice, 40)));
}

Json JsonValue::take() {
  started_ = false;
  elements_ = fields_ = 0;
  return std::move(root_);
}

}  // namespace rusage_bpf
