#include "compare/limit.h"

#include <catch2/catch.hpp>
#include <random>
#include <utility>

#include "support/recording.h"
#include "support/units.h"

namespace rusage_bpf::limit_test {
namespace {

using Catch::Matchers::Contains;
using test::gib;
using test::mib;
using test::second;

// A recording of two rows. The second has all values.
Side side(const std::string &name, std::uint64_t cpu_ns, std::uint64_t rss, std::uint64_t forks) {
  Side side{.name = name, .recording = test::a_recording(), .outcome = {}, .buckets = {}};
  Row row = test::a_row(1);
  row.value[RUSAGE_elapsed] = second;
  row.value[RUSAGE_user] = cpu_ns;
  row.value[RUSAGE_system] = 0;
  row.value[RUSAGE_rss] = rss;
  row.value[RUSAGE_forks] = forks;
  side.outcome = test::outcome_of({test::a_row(0), row});
  Command compiler{.name = "cc1plus", .processes = 2, .value = row.value, .known = row.known, .peak_rss = rss};
  side.outcome.commands = {compiler};
  return side;
}

std::optional<std::string> judged(const std::string &text, const Side &a, const Side &b) {
  const auto limit = parse_limit(text);
  REQUIRE(limit);
  return broken(*limit, compare(a, b));
}

struct Case {
  const char *limit;
  const char *line;  // null: it is held
};

TEST_CASE("a limit fails if the value is beyond it, and the line has both values") {
  const Side a = side("a.json", 10 * second, gib, 100);
  const Side b = side("b.json", 12'100'000'000, 2 * gib + 16 * mib, 110);
  const auto [limit, line] = GENERATE(values<Case>({
      {"cpu>+10%", "cpu is 12.100 s, 21 % above 10.000 s; the limit is +10 %"},
      {"cpu>+21%", nullptr},
      {"cpu > + 20.99 %", "cpu is 12.100 s, 21 % above 10.000 s; the limit is +20.99 %"},
      {"cpu>+2s", "cpu is 12.100 s, 2.100 s above 10.000 s; the limit is +2 s"},
      {"cpu>+2100ms", nullptr},
      {"user>12s", "user is 12.100 s, 0.100 s above the limit of 12 s"},
      {"user>12.1s", nullptr},
      {"cpu>1h", nullptr},
      {"cpu<15s", "cpu is 12.100 s, 2.900 s below the limit of 15 s"},
      {"cpu<-5%", nullptr},
      {"cpu>-5%", "cpu is 12.100 s, 21 % above 10.000 s; the limit is -5 %"},
      {"peak_rss>2GiB", "peak_rss is 2.02 GiB, 16.0 MiB above the limit of 2 GiB"},
      {"peak_rss>+1040MiB", nullptr},
      {"forks>+10%", nullptr},
      {"forks>+9.9%", "forks is 110, 10 % above 100; the limit is +9.9 %"},
      {"forks>+10", nullptr},
      {"forks>+9", "forks is 110, 10 above 100; the limit is +9"},
      {"forks>110", nullptr},
      {"elapsed>-1%", "elapsed is 1.000 s, as before; the limit is -1 %"},
      {"cc1plus:cpu>+10%", "cc1plus:cpu is 12.100 s, 21 % above 10.000 s; the limit is +10 %"},
      {"cc1plus:peak_rss>+3GiB", nullptr},
  }));
  CAPTURE(limit);
  const auto broken = judged(limit, a, b);
  REQUIRE(broken.has_value() == (line != nullptr));
  if (line) CHECK(*broken == line);
}

TEST_CASE("a limit with < fails if the value is less than before") {
  const Side a = side("a.json", 10 * second, gib, 100);
  const Side b = side("b.json", 8 * second, gib, 100);
  CHECK(judged("cpu<-5%", a, b) == "cpu is 8.000 s, 20 % below 10.000 s; the limit is -5 %");
  CHECK_FALSE(judged("cpu<-20%", a, b));
  CHECK_FALSE(judged("cpu<-2s", a, b));
}

TEST_CASE("any value is more than any share of 0") {
  const Side none = side("a.json", 0, 0, 0);
  const Side some = side("b.json", 1, 0, 3);
  CHECK(judged("forks>+1000%", none, some) ==
        "forks is 3, up from 0, which is more than any share; the limit is +1000 %");
  CHECK_FALSE(judged("forks>+10%", none, none));
  CHECK_FALSE(judged("forks>+3", none, some));
}

TEST_CASE("large equal values are equal") {
  const Side a = side("a.json", 0, test::greatest / 2 - 7, 0);
  CHECK_FALSE(judged("peak_rss>+0%", a, a));
  CHECK_FALSE(judged("peak_rss>+0B", a, a));
  CHECK(judged("peak_rss<+0.1%", a, a));
}

TEST_CASE("a limit fails if its value is unknown") {
  const Side whole = side("a.json", second, gib, 1);
  Side unknown = whole;
  unknown.name = "b.json";
  unknown.outcome.totals = Totals();
  unknown.outcome.totals.add(test::a_row(0));
  CHECK(judged("cpu>+10%", whole, unknown) == "cpu cannot be held to the limit +10 %: it is not known in b.json");
  CHECK(judged("cpu>+10%", unknown, whole));
  CHECK_FALSE(judged("cpu>90s", unknown, whole));
  CHECK_FALSE(judged("peak_num_fds>+10", whole, unknown));

  Side cut = whole;
  cut.name = "b.json";
  cut.outcome.ended_by = EndReason::unknown;
  CHECK(judged("cpu>+10%", whole, cut) == "cpu cannot be held to the limit +10 %: b.json was cut short");
  CHECK(judged("cpu>+10%", cut, whole));
  CHECK(judged("cpu>.5s", whole, cut) == "cpu is 1.000 s, 0.500 s above the limit of .5 s");
}

TEST_CASE("a limit on a command fails if the command did not run") {
  const Side ran = side("a.json", second, gib, 1);
  Side other = ran;
  other.name = "b.json";
  other.outcome.commands.front().name = "clang";
  CHECK(judged("cc1plus:cpu>+10%", ran, other) ==
        "cc1plus:cpu cannot be held to the limit +10 %: cc1plus did not run in b.json");
  CHECK(judged("clang:cpu>+10%", ran, other));
  CHECK_FALSE(judged("clang:cpu>90s", ran, other));
  other.outcome.commands.clear();
  CHECK_THAT(*judged("cc1plus:cpu>+10%", ran, other), Contains("b.json has no list of commands"));
}

TEST_CASE("a command's name may have the characters of limits") {
  const auto limit = parse_limit("a:b>c<d : cpu > 1 s");
  REQUIRE(limit);
  CHECK(limit->command == "a:b>c<d");
  CHECK(limit->measure->name == "cpu");
  CHECK(limit->amount == second);
}

TEST_CASE("a malformed limit is one line that says what is possible") {
  const auto [text, words] = GENERATE(values<std::pair<const char *, const char *>>({
      {"", "'cpu>+10%'"},
      {"cpu", "'cpu>+10%'"},
      {">", "the name is none of elapsed, cpu, user"},
      {"cost>+10%", "cost is none of elapsed, cpu, user"},
      {"rss>2GiB", "peak_rss"},
      {"cc1plus:elapsed>1s", "elapsed is none of what a command has: cpu, user"},
      {"cc1plus:>1s", "what a command has"},
      {"cpu>", "+1s or 90s"},
      {"cpu>10%", "+10%"},
      {"cpu>90", "90s"},
      {"cpu>+20MiB", "+1s"},
      {"cpu>=+10%", "+10%"},
      {"cpu>+-10%", "+10%"},
      {"cpu>+inf s", "+10%"},
      {"cpu>+nan%", "+10%"},
      {"cpu>+1e3s", "+10%"},
      {"cpu>+1.2.3s", "+10%"},
      {"cpu>+99999999999999999999s", "+10%"},
      {"peak_rss>2MB", "2GiB (B, KiB, MiB"},
      {"forks>+10s", "5000"},
      {"for\nks>+10s", "for ks is none of"},
  }));
  CAPTURE(text);
  const auto limit = parse_limit(text);
  REQUIRE_FALSE(limit);
  CHECK_THAT(limit.error().message, Contains("--fail-if '") && Contains(words) && !Contains("\n"));
}

TEST_CASE("any text is a limit or is refused") {
  std::mt19937 random(1);
  const std::string alphabet = "cpuserk_:<>+-%.0919 sMGiB\n\xff";
  std::uniform_int_distribution<std::size_t> letter(0, alphabet.size() - 1);
  std::uniform_int_distribution<std::size_t> length(0, 24);
  const Side a = side("a.json", second, gib, 1);
  const Comparison comparison = compare(a, a);
  std::size_t understood = 0;
  for (int i = 0; i < 100'000; i++) {
    std::string text = i % 2 == 0 ? "" : "cpu>";
    for (std::size_t rest = length(random); rest > 0; rest--) text += alphabet[letter(random)];
    const auto limit = parse_limit(text);
    if (limit) {
      understood++;
      static_cast<void>(broken(*limit, comparison));
    } else if (limit.error().message.find('\n') != std::string::npos) {
      FAIL(limit.error().message);
    }
  }
  CHECK(understood > 10);
}

}  // namespace
}  // namespace rusage_bpf::limit_test
