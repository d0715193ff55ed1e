#include "model/process.h"

#include <catch2/catch.hpp>

namespace rusage_bpf::process_test {
namespace {

TEST_CASE("arguments end in zeros, except the last one if the text was cut") {
  using Arguments = std::vector<std::string>;
  CHECK(split_arguments("").empty());
  CHECK(split_arguments(std::string_view("a\0\0bc\0", 6)) == Arguments{"a", "", "bc"});
  CHECK(split_arguments(std::string_view("a\0b", 3)) == Arguments{"a", "b"});
  CHECK(base_name("/usr/bin/true") == "true");
  CHECK(base_name("true") == "true");
}

}  // namespace
}  // namespace rusage_bpf::process_test
