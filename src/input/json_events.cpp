#include "input/json_events.h"

#include <fmt/format.h>

#include <algorithm>

#include "os/text.h"

namespace rusage_bpf {

// The library's own words repeat what was read, which may be megabytes.
bool JsonEvents::parse_error(std::size_t position, const std::string &, const nlohmann::detail::exception &failure) {
  const bool out_of_range = dynamic_cast<const Json::out_of_range *>(&failure) != nullptr;
  error_at_ = out_of_range ? 0 : position;
  return refuse(out_of_range ? fmt::format("holds a number that is out of range, before byte {}", position)
                             : fmt::format("is not JSON; the error is at byte {}", position));
}

bool JsonValue::count(std::size_t &counter, std::size_t most, const char *what) {
  return ++counter <= most || refuse(fmt::format("holds more than {} {}", most, what));
}

// Where it stands.
Json *JsonValue::put(Json value) {
  began_ = true;
  if (open_.empty()) {
    root_ = std::move(value);
    return &root_;
  }
  Json &around = *open_.back();
  if (around.is_array()) return &around.get_ref<Json::array_t &>().emplace_back(std::move(value));
  // Past the library's own search for the name, which takes as long as there are fields.
  Json::object_t::Container &fields = around.get_ref<Json::object_t &>();
  return &fields.emplace_back(std::move(name_), std::move(value)).second;
}

bool JsonValue::scalar(Json value) {
  if (value.is_string() && value.get_ref<const std::string &>().size() > longest_text)
    return refuse(fmt::format("holds a text of more than {} bytes", longest_text));
  if (!count(elements_, most_elements, "values")) return false;
  put(std::move(value));
  return true;
}

bool JsonValue::start(Json empty) {
  if (open_.size() >= deepest_nesting) return refuse("nested too deeply");
  if (!count(fields_, most_fields, "fields, objects and lists")) return false;
  open_.push_back(put(std::move(empty)));
  return true;
}

bool JsonValue::field(std::string &name) {
  name_ = std::move(name);
  return count(fields_, most_fields, "fields, objects and lists");
}

bool JsonValue::end() {
  const Json &ended = *open_.back();
  open_.pop_back();
  return !ended.is_object() || each_field_once(ended);
}

bool JsonValue::each_field_once(const Json &object) {
  names_.clear();
  for (const auto &item : object.get_ref<const Json::object_t &>()) names_.push_back(item.first);
  std::sort(names_.begin(), names_.end());
  const auto twice = std::adjacent_find(names_.begin(), names_.end());
  return twice == names_.end() || refuse(fmt::format("has {} twice", one_line(*twice, 40)));
}

Json JsonValue::take() {
  began_ = false;
  elements_ = fields_ = 0;
  return std::move(root_);
}

}  // namespace rusage_bpf
