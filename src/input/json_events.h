// Receives the events of a JSON parser, without keeping them, so that time and memory grow only with the text.
#pragma once

#include <string>

#include "document/json.h"

namespace rusage_bpf {

inline constexpr const char *not_a_recording = "is not a recording of rusage-bpf";

// The virtual functions return false to stop the parser; `refuse` returns false and keeps the reason.
class JsonEvents : public nlohmann::json_sax<Json> {
 public:
  // No recording is nested deeper. Deep nesting needs much memory for few bytes of JSON.
  static constexpr std::size_t max_nesting = 16;

  // Parses the text. False if it is not JSON, or if the parser was stopped.
  template <typename Text>
  bool parse(Text &text) {
    return Json::sax_parse(text, static_cast<nlohmann::json_sax<Json> *>(this));
  }

  // What is wrong with the text; empty if nothing is.
  [[nodiscard]] const std::string &why() const { return why_; }
  // The position of the error in bytes, if the text is not JSON. The end counts as a byte.
  [[nodiscard]] std::size_t error_at() const { return error_at_; }

 protected:
  virtual bool scalar(Json value) = 0;
  // The start of an object or list; `empty` is an empty one.
  virtual bool start(Json empty) = 0;
  virtual bool field(std::string &name) = 0;
  virtual bool end() = 0;

  bool refuse(std::string why) {
    why_ = std::move(why);
    return false;
  }

  // The text had bytes that the parser did not see.
  void pass_over(std::size_t bytes) { passed_over_ += bytes; }

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
  std::size_t passed_over_ = 0;
};

// Builds one value from the events. Refuses values that are larger than in any recording.
class JsonValue final : public JsonEvents {
 public:
  static constexpr std::size_t max_text_bytes = std::size_t{1} << 20;
  // More than a command can have arguments.
  static constexpr std::size_t max_elements = 1'000'000;
  // Fields, objects and lists. An empty one needs 50 bytes.
  static constexpr std::size_t max_fields = 10'000;

  // Public, because another JsonEvents passes on the events of one value.
  bool scalar(Json value) override;
  bool start(Json empty) override;
  bool field(std::string &name) override;
  bool end() override;

  [[nodiscard]] bool whole() const { return started_ && open_.empty(); }
  // Takes the whole value. Then another may start.
  Json take();

 private:
  Json *put(Json value);
  bool count(std::size_t &counter, std::size_t maximum, const char *what);
  bool has_no_field_twice(const Json &object);

  Json root_;
  bool started_ = false;
  std::vector<Json *> open_;  // the objects and lists around the next value
  std::string name_;          // of the next field
  std::size_t elements_ = 0;
  std::size_t fields_ = 0;
  std::vector<std::string_view> names_;
};

}  // namespace rusage_bpf
