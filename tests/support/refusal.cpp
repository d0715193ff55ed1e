#include "support/refusal.h"

#include <algorithm>
#include <catch2/catch.hpp>

namespace test {

void Refusal::check(const Start &start, int status, const std::vector<std::string> &words) const {
  const auto files = scene_.files();
  const Finished finished = run_to_end(start);
  CHECK(finished.exit_code == status);
  CHECK(finished.output.empty());
  check_line(finished.errors, words);
  CHECK(scene_.files() == files);
  CHECK(scene_.text("rusage.json") == earlier);
}

void Refusal::check(std::vector<std::string> options, int status, const std::vector<std::string> &words) const {
  options.insert(options.end(), {"--", "sh", "script"});
  check(scene_.recorder(options), status, words);
}

}  // namespace test
