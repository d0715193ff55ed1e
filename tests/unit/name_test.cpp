#include "model/name.h"

#include <catch2/catch.hpp>
#include <set>

#include "model/process.h"
#include "os/text.h"

namespace rusage_bpf::name_test {
namespace {

// All strings of up to `longest` of these pieces.
std::vector<std::string> strings_of(const std::vector<std::string> &pieces, std::size_t longest) {
  std::vector<std::string> all{""};
  for (std::size_t begin = 0, length = 1; length <= longest; length++) {
    const std::size_t end = all.size();
    for (; begin < end; begin++)
      for (const std::string &piece : pieces) all.push_back(all[begin] + piece);
  }
  return all;
}

TEST_CASE("any bytes become UTF-8 that no other bytes become, and that can be converted back") {
  std::set<std::string> texts;
  const auto all = strings_of({"\\", "x", "f", "5", "c", "\xff", "\xc3", "\xa4", "\xe2\x82", "\xf0"}, 5);
  for (const std::string &bytes : all) {
    const std::string text = text_of_bytes(bytes);
    if (!is_utf8(text) || bytes_of_text(text) != bytes) FAIL(text);
    texts.insert(text);
  }
  const std::set<std::string> distinct(all.begin(), all.end());
  CHECK(texts.size() == distinct.size());
}

TEST_CASE("text stays as it is, except what would read as an escape") {
  for (const char *text : {"", "make", "caf\xc3\xa9", "\xe6\x97\xa5\xe6\x9c\xac", "a\\b", "\\\\host\\share",
                           "\\n\\x1b[0m", "\\xg0", "\\x8", "\\X80", "\xf0\x9f\x98\x80", "a\x01\x7f"}) {
    CHECK(text_of_bytes(text) == text);
    CHECK(bytes_of_text(text) == text);
  }
  CHECK(text_of_bytes("n\xffme") == "n\\xffme");
  CHECK(text_of_bytes("n\\xffme") == "n\\x5cxffme");
  CHECK(text_of_bytes("\\x5c") == "\\x5cx5c");
  CHECK(text_of_bytes("\xc3") == "\\xc3");
  CHECK(text_of_bytes("\xed\xa0\x80") == "\\xed\\xa0\\x80");  // a surrogate is no UTF-8
  CHECK(text_of_bytes("\xc0\xaf") == "\\xc0\\xaf");           // an overlong form is not UTF-8 either
}

TEST_CASE("a name is the same whether it is typed as it was shown or as its bytes") {
  CHECK(as_text("n\\xffme") == text_of_bytes("n\xffme"));
  CHECK(as_text("n\xffme") == text_of_bytes("n\xffme"));
}

TEST_CASE("zeros after a title that a process wrote over its arguments are no arguments") {
  using Arguments = std::vector<std::string>;
  using std::string_view;
  CHECK(running_arguments(string_view("nginx: worker\0\0\0\0", 17)) == Arguments{"nginx: worker"});
  CHECK(running_arguments(string_view("a\0\0b\0", 5)) == Arguments{"a", "", "b"});
  CHECK(running_arguments(string_view("\0\0\0", 3)).empty());
  CHECK(running_arguments("").empty());
  // At an exec, empty arguments were passed by the caller.
  CHECK(split_arguments(string_view("a\0\0\0", 4)) == Arguments{"a", "", ""});
}

}  // namespace
}  // namespace rusage_bpf::name_test
