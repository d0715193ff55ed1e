#include "cli/options.h"

#include <catch2/catch.hpp>
#include <string>
#include <utility>
#include <vector>

namespace rusage_bpf::options_test {
namespace {

using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;
using Words = std::vector<std::string>;

Result<Options> parse(const Words &arguments) {
  std::vector<const char *> argv{"rusage-bpf"};
  for (const std::string &argument : arguments) argv.push_back(argument.c_str());
  return parse_options(argv);
}

Options parsed_alone(const Words &arguments) {
  auto result = parse(arguments);
  REQUIRE(result);
  return *std::move(result);
}

// Parses the options, with a command after them.
Options parsed(Words options) {
  options.insert(options.end(), {"--", "true"});
  return parsed_alone(options);
}

// The error for wrong arguments.
std::string complaint(const Words &arguments) {
  const auto result = parse(arguments);
  REQUIRE_FALSE(result);
  const Error::Kind kind = result.error().kind;
  CHECK((kind == Error::Kind::recorder || kind == Error::Kind::usage));
  return result.error().message;
}

TEST_CASE("a command alone is recorded every 0.1 s under a default name") {
  const auto options = parse({"--", "make", "-j8"});
  REQUIRE(options);
  CHECK(options->command == Words{"make", "-j8"});
  CHECK(options->interval_ns == 100'000'000);
  CHECK(options->outputs.empty());
  CHECK_FALSE(options->quiet);
  CHECK_FALSE(options->count_at_last_switch);
  CHECK(options->print.empty());
}

TEST_CASE("the source is the best one, or the given one") {
  using Backend = Options::Backend;
  CHECK(parsed({}).backend == Backend::best);
  CHECK(parsed({"--backend", "auto"}).backend == Backend::best);
  CHECK(parsed({"--backend", "bpf"}).backend == Backend::bpf);
  CHECK(parsed({"--backend", "proc"}).backend == Backend::proc);
  CHECK_THAT(complaint({"--backend", "ptrace", "--", "true"}),
             Contains("--backend ptrace") && Contains("auto, bpf or proc"));
}

TEST_CASE("the command runs as the recorder's user, or as the given user") {
  CHECK_FALSE(parsed({}).user);
  CHECK(parsed({"--user", "nobody"}).user == "nobody");
  CHECK(parsed({"-u", "nobody"}).user == "nobody");
  // An empty name is a name too.
  CHECK(parsed({"--user", ""}).user == "");
}

TEST_CASE("everything after the first -- belongs to the command") {
  const auto options = parse({"-q", "--", "env", "--", "-i", "abc", "--help", ""});
  REQUIRE(options);
  CHECK(options->quiet);
  CHECK(options->command == Words{"env", "--", "-i", "abc", "--help", ""});
  CHECK(options->interval_ns == 100'000'000);
}

TEST_CASE("an interval is given in seconds") {
  const auto [text, ns] = GENERATE(values<std::pair<const char *, std::uint64_t>>({
      {".001", 1'000'000},
      {"0.001", 1'000'000},
      {"1e-2", 10'000'000},
      {".01", 10'000'000},
      {".03", 30'000'000},
      {"0.1234567896", 123'456'790},
      {"1", 1'000'000'000},
      {"1.5", 1'500'000'000},
      {"3600", 3'600'000'000'000},
  }));
  CAPTURE(text);
  CHECK(parsed({"--interval", text}).interval_ns == ns);
  CHECK(parsed({std::string("--interval=") + text}).interval_ns == ns);
  CHECK(parsed({"-i", text}).interval_ns == ns);
  CHECK(parsed({std::string("-i") + text}).interval_ns == ns);
}

TEST_CASE("any other interval is refused in one line that says what is possible") {
  const std::string text = GENERATE("0", "-1", "abc", "1e9", "1e-400", "nan", "inf", "", "0x1", "1s", "1,5", " 1", "1 ",
                                    "+1", ".00009", "3600.1");
  CAPTURE(text);
  const std::string message = complaint({"--interval", text, "--", "true"});
  CHECK_THAT(message, StartsWith("--interval " + text));
  CHECK_THAT(message, Contains("between .0001 and 3600"));
  CHECK_THAT(message, !Contains("\n"));
}

TEST_CASE("rows go to every output that is named") {
  CHECK(parsed({"-o", "a.json"}).outputs == Words{"a.json"});
  CHECK(parsed({"-o", "a.json", "--output", "dir/b c.json", "--output=-", "-q"}).outputs ==
        Words{"a.json", "dir/b c.json", "-"});
  CHECK(parsed({"-o", "/dev/null"}).outputs == Words{"/dev/null"});
}

TEST_CASE("an output of a format that cannot be written is refused in one line") {
  const std::string output = GENERATE("rows.txt", "rows.JSON", "json", "rows.json/", "rows", "", "-q");
  CAPTURE(output);
  const std::string message = complaint({"-o", "good.json", "-o", output, "--", "true"});
  CHECK_THAT(message, StartsWith("--output " + output));
  CHECK_THAT(message, Contains(".json") && !Contains("\n"));
}

TEST_CASE("flags are off until they are given") {
  CHECK(parsed({"-q"}).quiet);
  CHECK(parsed({"--quiet"}).quiet);
  CHECK_FALSE(parsed({"-o", "a.csv"}).csv_meta);
  CHECK(parsed({"-o", "a.csv", "--csv-meta"}).csv_meta);
  CHECK(parsed({"--count-at-last-switch"}).count_at_last_switch);
  CHECK(parsed({"--recorder-clock"}).recorder_clock);
}

TEST_CASE("a live line is requested, refused or neither") {
  CHECK_FALSE(parsed({}).progress);
  CHECK(parsed({"--progress"}).progress == true);
  CHECK(parsed({"--no-progress"}).progress == false);
}

TEST_CASE("wrong usage is one line that names the wrong argument") {
  const auto [arguments, culprit] = GENERATE(values<std::pair<Words, std::string>>({
      {{}, "no command"},
      {{"-q"}, "no command"},
      {{"-q", "--"}, "no command"},
      {{"make"}, "make"},
      {{"-q", "make", "--", "true"}, "make"},
      {{"-o", "a.json", "b.json", "--", "true"}, "b.json"},
      {{"--fast", "--", "true"}, "--fast"},
      {{"-i"}, "--interval"},
      {{"-i", "--", "true"}, "--interval"},
      {{"-i", "1", "-i", "2", "--", "true"}, "--interval"},
      {{"-o", "--", "true"}, "--output"},
      {{"-o", "-", "-o", "-.csv", "--", "true"}, "--output"},
      {{"--csv-meta", "--", "true"}, "--csv-meta"},
      {{"--pid", "0"}, "--pid 0"},
      {{"--pid", "-1"}, "--pid -1"},
      {{"--pid", "12x"}, "--pid 12x"},
      {{"--pid", "99999999999"}, "--pid 99999999999"},
      {{"--pid", ""}, "--pid"},
      {{"--pid", "1", "--", "true"}, "no command"},
      {{"--pid", "1", "--"}, "no command"},
      {{"--pid", "1", "--cgroup", "/"}, "not both"},
      {{"--cgroup", ""}, "--cgroup"},
      {{"--pid", "1", "--until", "tree"}, "--until"},
      {{"--pid", "1", "--user", "nobody"}, "--user"},
      {{"--until", "noon", "--", "true"}, "--until noon"},
      {{"--duration", "0", "--", "true"}, "--duration 0"},
      {{"--duration", "-1", "--", "true"}, "--duration -1"},
      {{"--duration", "inf", "--", "true"}, "--duration inf"},
      {{"--stop-on-eof", "--", "true"}, "--stop-on-eof"},
      {{"--stop-with", "42", "--", "true"}, "--stop-with"},
      {{"--pid", "1", "--stop-with", "0"}, "--stop-with 0"},
      {{"--pid", "1", "--stop-with", "1x"}, "--stop-with 1x"},
      {{"--progress", "--no-progress", "--", "true"}, "not both"},
  }));
  CAPTURE(arguments);
  const std::string message = complaint(arguments);
  CHECK_THAT(message, Contains(culprit) && !Contains("\n"));
}

TEST_CASE("a process or a cgroup to attach to is given without a command") {
  const Options tree = parsed_alone({"--pid", "42", "-d", "1.5", "--stop-on-eof"});
  CHECK(tree.pid == 42);
  CHECK(tree.attach());
  CHECK(tree.duration_ns == 1'500'000'000);
  CHECK(tree.stop_on_eof);
  CHECK(parsed_alone({"-p", "1"}).pid == 1);
  const Options cgroup = parsed_alone({"--cgroup", "/sys/fs/cgroup/x"});
  CHECK(cgroup.cgroup == "/sys/fs/cgroup/x");
  CHECK(cgroup.attach());
}

TEST_CASE("a command is recorded until it exits, or until its tree does") {
  const auto until_tree = [](const Words &arguments) {
    const auto options = parse(arguments);
    REQUIRE(options);
    CHECK_FALSE(options->attach());
    return options->until_tree;
  };
  CHECK_FALSE(until_tree({"--", "true"}));
  CHECK_FALSE(until_tree({"--until", "command", "--", "true"}));
  CHECK(until_tree({"--until", "tree", "--", "true"}));
}

TEST_CASE("wrong usage has its own exit status if there is no command") {
  CHECK(parse({"--pid", "0"}).error().kind == Error::Kind::usage);
  CHECK(parse({"--cgroup", "x", "-i", "0"}).error().kind == Error::Kind::usage);
  CHECK(parse({"-i", "0", "--", "true"}).error().kind == Error::Kind::recorder);
  CHECK(parse({"-i", "0", "--", "x", "--pid", "1"}).error().kind == Error::Kind::recorder);
}

TEST_CASE("help names every option and how a command is given") {
  const std::string flag = GENERATE("-h", "--help");
  const auto options = parse({flag});
  REQUIRE(options);
  for (const char *text : {"rusage-bpf [OPTIONS] -- COMMAND [ARG...]", "-i,--interval SECONDS", "-o,--output FILE",
                           "-q,--quiet", "--version"})
    CHECK_THAT(options->print, Contains(text));
}

TEST_CASE("the version comes with the commit, the architecture and what was built in") {
  const auto options = parse({"--version"});
  REQUIRE(options);
  CHECK_THAT(options->print, Catch::Matchers::Matches("rusage-bpf [0-9]+\\.[0-9]+\\.[0-9]+\n"
                                                      "commit ([0-9a-f]{12,}(-dirty)?|unknown), [a-z0-9_]+, .+\n"
                                                      "compiled by .+, the BPF programs by clang [0-9.]+\n"
                                                      "with libbpf [0-9.]+, .+\n"));
}

}  // namespace
}  // namespace rusage_bpf::options_test
