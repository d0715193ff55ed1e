// What a JSON parser meets, one after the other: nothing of it is kept here, and nothing is done twice, so that time
// and memory grow with the text alone.
#pragma once

#include <string>

#include "document/json.h"

namespace rusage_bpf {

inline constexpr const char *not_ours = "is not a recording of rusage-bpf";

// An answer of false stops the parser; `refuse` gives it.
class JsonEvents : public nlohmann::json_sax<Json> {
 public:
  // Nothing of ours is nested deeper. What is takes much memory for few bytes of JSON.
  static constexpr std::size_t deepest_nesting = 16;

  // Whether all of the text was met: it is JSON, and nothing stopped.
  template <typename Text>
  bool meet(Text &text) {
    return Json::sax_parse(text, static_cast<nlohmann::json_sax<Json> *>(this));
  }

  // What is wrong; empty where nothing is.
  [[nodiscard]] const std::string &why() const { return why_; }
  // How far the parser came, in bytes, where the text is not JSON. It counts the end as a byte.
  [[nodiscard]] std::size_t error_at() const { return error_at_; }

 protected:
  virtual bool scalar(Json value) = 0;
  // An object or a list, which is empty yet.
  virtual bool start(Json empty) = 0;
  virtual bool field(std::string &name) = 0;
  virtual bool end() = 0;

  bool refuse(std::string why) {
    why_ = std::move(why);
    return false;
  }

 private:
  bool null() final { return scalar(nullptr); }
  bool boolean(bool value) final { return scalar(value); }
  bool number_integer(number_integer_t value) final { return scalar(value); }
  bool number_unsigned(number_unsigned_t value) final { return scalar(value); }
  bool number_float(number_float_t value, const string_t &) final { return scalar(value); }
  bool string(string_t &value) final { return scalar(std::move(value)); }
  bool binary(binary_t &) final { return false; }
  bool start_object(std::size_t) final { return start(Json::object()); }
  bool key(string_t &name) final { return field(name); }
  bool end_object() final { return end(); }
  bool start_array(std::size_t) final { return start(Json::array()); }
  bool end_array() final { return end(); }
  bool parse_error(std::size_t position, const std::string &token, const nlohmann::detail::exception &failure) final;

  std::string why_;
  std::size_t error_at_ = 0;
};

// One value, kept as a parser meets it. What has more in it than anything of ours is refused.
class JsonValue final : public JsonEvents {
 public:
  static constexpr std::size_t longest_text = std::size_t{1} << 20;
  // The most arguments that a command can have, and more.
  static constexpr std::size_t most_elements = 1'000'000;
  // Fields, objects and lists, of which an empty one takes 50 bytes.
  static constexpr std::size_t most_fields = 10'000;

  // Each piece of it, where somebody else talks to the parser.
  bool scalar(Json value) override;
  bool start(Json empty) override;
  bool field(std::string &name) override;
  bool end() override;

  [[nodiscard]] bool whole() const { return began_ && open_.empty(); }
  // Once it is whole; then another may begin.
  Json take();

 private:
  Json *put(Json value);
  bool count(std::size_t &counter, std::size_t most, const char *what);
  bool each_field_once(const Json &object);

  Json root_;
  bool began_ = false;
  std::vector<Json *> open_;  // the objects and lists around what comes next
  std::string name_;          // of the field that comes next
  std::size_t elements_ = 0;
  std::size_t fields_ = 0;
  std::vector<std::string_view> names_;
};

}  // namespace rusage_bpf
