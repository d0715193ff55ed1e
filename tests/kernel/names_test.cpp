// Names with any bytes, and programs that are executed without their name.
#include <algorithm>
#include <catch2/catch.hpp>
#include <csignal>
#include <filesystem>

#include "support/background.h"
#include "support/document.h"
#include "support/scene.h"

namespace names_test {
namespace {

using Catch::Matchers::Contains;
using nlohmann::json;
using test::Scene;
using Words = std::vector<std::string>;

std::string workload(const std::string &name) {
  return std::filesystem::absolute(test::built("tests/programs/" + name));
}

// The directory's own copy of a program.
std::string copy_of(const Scene &scene, const std::string &program, const std::string &name) {
  std::string copy = scene.path(name);
  std::filesystem::copy_file(program, copy);
  return copy;
}

test::Finished run(const Scene &scene, Words arguments) {
  test::Finished finished = run_to_end(scene.recorder(std::move(arguments)));
  INFO(finished.errors);
  REQUIRE(finished.exit_code == 0);
  return finished;
}

std::vector<std::string> names_of(const json &list) {
  std::vector<std::string> names;
  for (const json &object : list) names.push_back(object.at("command"));
  std::sort(names.begin(), names.end());
  return names;
}

// Whether a recorded process executed a program with this name.
bool has_executed(const Scene &scene, const std::string &name) {
  const auto names = names_of(test::read_json(scene.path("out.json")).at("processes"));
  return std::count(names.begin(), names.end(), name) == 1;
}

// Whether anything in it controls a terminal.
bool is_plain(const std::string &text) {
  for (const char *control : {"\x1b", "\xc2\x9b", "\xe2\x80\xae", "\xe2\x81\xa6", "\x07", "\xff"})
    if (text.find(control) != std::string::npos) return false;
  return true;
}

}  // namespace

TEST_CASE("names that are not UTF-8 are distinguished, in every format and by compare") {
  const Scene scene("for name in ./*.name; do \"$name\" truth.json .03; done");
  const std::vector<std::string> told{"\\x5cxff.name", "\\xfe.name", "\\xff.name", "caf\xc3\xa9.name"};
  for (const char *name : {"\xff.name", "\xfe.name", "\\xff.name", "caf\xc3\xa9.name"})
    copy_of(scene, workload("spin"), name);
  run(scene, {"-q", "-i", ".02", "-o", "out.json", "-o", "out.ndjson", "-o", "out.csv", "-o", "out.html", "-o",
              "out.perfetto.json", "--", "sh", "script"});
  const test::Document document(test::read_json(scene.path("out.json")));  // what is in it adds up
  for (const std::string &name : told) {
    INFO(name);
    const std::string in_json = json(name).dump();
    for (const char *file : {"out.json", "out.ndjson", "out.html", "out.perfetto.json"})
      CHECK_THAT(scene.text(file), Contains(in_json));
    const json names = names_of(document.json().at("commands"));
    CHECK(std::count(names.begin(), names.end(), name) == 1);
  }

  const test::Finished compared = run(scene, {"compare", "out.json", "out.ndjson", "--json"});
  double all = 0;
  const json comparison = json::parse(compared.output);
  for (const json &command : comparison.at("commands")) all += command.at("cpu").at("a").get<double>();
  CHECK(all == Approx(comparison.at("totals").at("cpu").at("a").get<double>()).epsilon(1e-6));
  const std::string table = run(scene, {"compare", "out.json", "out.ndjson"}).output;
  for (const std::string &name : told) CHECK_THAT(table, Contains(name));
  // A limit takes a name as it is shown, and as its bytes.
  for (const char *name : {"\\xff.name", "\xff.name", "\\x5cxff.name"})
    run(scene, {"compare", "out.json", "out.ndjson", "--fail-if", std::string(name) + ":cpu>+1%"});

  run(scene, {"convert", "out.ndjson", "-o", "again.json"});
  CHECK(names_of(test::read_json(scene.path("again.json")).at("commands")) == names_of(document.json().at("commands")));
}

TEST_CASE("names that are not UTF-8 are distinguished when polling /proc") {
  const Scene scene;
  for (const char *name : {"\xff.name", "\xfe.name"}) {
    const std::string program = copy_of(scene, workload("spin"), name);
    run(scene, {"-q", "-i", ".01", "--backend", "proc", "-o", "out.json", "--", program, "truth.json", ".2"});
    CHECK(has_executed(scene, *name == '\xff' ? "\\xff.name" : "\\xfe.name"));
    std::filesystem::remove(scene.path("out.json"));
  }
}

TEST_CASE("a program that is executed by a descriptor has the whole name of its file") {
  const Scene scene;
  const std::string long_name = "a-name-that-is-longer-than-fifteen-bytes";
  const std::string program = copy_of(scene, "/bin/true", long_name);
  const std::string script = "script-of-a-name-that-is-longer";
  scene.create(script, "#!/bin/sh\nexit 0\n");
  std::filesystem::permissions(scene.path(script), std::filesystem::perms::owner_all);
  const auto named = [&](const char *how, const std::string &file) {
    run(scene, {"-q", "-o", "out.json", "--", workload("by_descriptor"), how, file, "x"});
    const json last = test::read_json(scene.path("out.json")).at("processes").back();
    CHECK(last.at("argv").back() == "x");
    std::filesystem::remove(scene.path("out.json"));
    return last.at("command").get<std::string>();
  };
  for (const char *how : {"fexecve", "directory", "link", "itself", "path"}) {
    INFO(how);
    CHECK(named(how, program) == long_name);
    CHECK(named(how, scene.path(script)) == script);
  }
  CHECK(named("memory", program) == "memfd:copy of it");
  CHECK(named("removed", program) == long_name);
}

TEST_CASE("a program that executes itself by /proc/self/exe has its own name") {
  const Scene scene;
  run(scene, {"-q", "-o", "out.json", "--", workload("by_descriptor"), "itself", "/bin/true"});
  const auto names = names_of(test::read_json(scene.path("out.json")).at("processes"));
  CHECK(std::count(names.begin(), names.end(), "by_descriptor") == 2);
  CHECK(std::count(names.begin(), names.end(), "exe") == 0);
}

TEST_CASE("no name, argument or path can control the terminal") {
  const std::string hostile =
      "\x1b]0;x\x07\xc2\x9b"
      "31m\xe2\x80\xae\xe2\x81\xa6\xff\nx";
  const Scene scene;
  const std::string program = copy_of(scene, "/bin/true", "p" + hostile);
  const std::string output = scene.path("o" + hostile + ".json");
  const test::Finished recorded = run(scene, {"-o", output, "--", program, "a" + hostile});
  CHECK(is_plain(recorded.errors));
  CHECK_THAT(recorded.errors, Contains("\\x1b]0;x\\x07\\u009b31m\\u202e\\u2066\\xff"));

  const test::Finished compared = run(scene, {"compare", output, output});
  CHECK(is_plain(compared.output + compared.errors));
  for (const Words &arguments :
       {Words{"convert", hostile, "-o", "x.json"}, Words{"report", hostile, "-o", "x.html"}, Words{"recover", hostile},
        Words{"compare", hostile, output}, Words{"--cgroup", hostile}, Words{"--user", hostile, "--", "true"},
        Words{"--" + hostile}, Words{hostile}, Words{"-i", hostile}, Words{"-o", hostile + "/x.json", "--", "true"},
        Words{"--", "./" + hostile}, Words{"compare", output, output, "--fail-if", hostile}}) {
    const test::Finished finished = run_to_end(scene.recorder(arguments));
    CHECK(finished.exit_code != 0);
    INFO(finished.errors);
    CHECK(is_plain(finished.output + finished.errors));
    CHECK(std::count(finished.errors.begin(), finished.errors.end(), '\n') <= 1);
  }
}

TEST_CASE("a title that a process wrote over its arguments is one argument") {
  const Scene scene;
  test::Background titled({.argv = {workload("titled"), "60", "an", "argument", "or", "two"}});
  const std::string cmdline = "/proc/" + std::to_string(titled.pid()) + "/cmdline";
  test::wait_until("the title", [&] { return test::read_file(cmdline).starts_with("titled: "); });
  for (const char *backend : {"bpf", "proc"}) {
    run(scene, {"-q", "--backend", backend, "-d", ".1", "-o", "out.json", "--pid", std::to_string(titled.pid())});
    const json recording = test::read_json(scene.path("out.json"));
    CHECK(recording.at("meta").at("argv") == json{"titled: at rest"});
    CHECK(recording.at("processes").at(0).at("argv") == json{"titled: at rest"});
    CHECK(recording.at("processes").at(0).at("command") == "titled");
    std::filesystem::remove(scene.path("out.json"));
  }
  titled.send(SIGKILL);
  titled.wait();
}

TEST_CASE("empty arguments of an exec are kept") {
  const Scene scene;
  run(scene, {"-q", "-o", "out.json", "--", "/bin/true", "a", "", ""});
  CHECK(test::read_json(scene.path("out.json")).at("processes").back().at("argv") == json{"/bin/true", "a", "", ""});
}

TEST_CASE("a program that is executed by a descriptor has its name when polling /proc", "[host]") {
  const Scene scene;
  const std::string name = "a-name-that-is-longer-than-fifteen-bytes";
  for (const char *how : {"fexecve", "directory", "link", "removed"}) {
    const std::string program = copy_of(scene, workload("spin"), name);
    run(scene, {"-q", "-i", ".01", "--backend", "proc", "-o", "out.json", "--", workload("by_descriptor"), how, program,
                "truth.json", ".3"});
    INFO(how);
    CHECK(has_executed(scene, name));
    for (const std::string &left : {program, scene.path("out.json")}) std::filesystem::remove(left);
  }
}

}  // namespace names_test
