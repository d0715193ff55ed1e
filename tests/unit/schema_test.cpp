#include "document/schema.h"

#include <catch2/catch.hpp>
#include <set>

#include "document/document.h"
#include "output/json_sink.h"
#include "support/process.h"
#include "support/recording.h"

namespace rusage_bpf::schema_test {
namespace {

std::set<std::string> keys_of(const Json &object) {
  std::set<std::string> keys;
  for (const auto &item : object.items()) keys.insert(item.key());
  return keys;
}

// Checks that the schema names each field of the value, and requires no other.
void check_same_fields(const Json &schema, const Json &value, const std::string &where) {
  CAPTURE(where);
  if (value.is_array() && schema.contains("prefixItems")) {
    REQUIRE(schema["prefixItems"].size() == value.size());
    for (std::size_t i = 0; i < value.size(); i++) check_same_fields(schema["prefixItems"][i], value[i], where + "[]");
  } else if (value.is_array()) {
    for (const Json &element : value) check_same_fields(schema["items"], element, where + "[]");
  } else if (value.is_object()) {
    const Json &properties = schema.at("properties");
    if (schema.contains("required")) CHECK(keys_of(properties) == keys_of(value));
    for (const auto &[key, field] : value.items()) {
      REQUIRE(properties.contains(key));
      check_same_fields(properties[key], field, where + "." + key);
    }
  }
}

TEST_CASE("the schema names exactly the fields that a document has") {
  const test::TemporaryDirectory directory;
  JsonSink sink(test::create_output(directory.file("out.json")));
  test::write(sink, test::rows(2));
  const Json document = Json::parse(test::read_file(directory.file("out.json")));
  check_same_fields(json_schema(), document, "");
}

TEST_CASE("the schema is of the document's own version") {
  CHECK(json_schema()["properties"]["schema"]["const"] == document_schema);
  CHECK(json_schema()["$schema"] == "https://json-schema.org/draft/2020-12/schema");
}

}  // namespace
}  // namespace rusage_bpf::schema_test
