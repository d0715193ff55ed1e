// A diagnosis as text and JSON, and the options of the doctor.
#include <catch2/catch.hpp>
#include <sstream>

#include "cli/doctor_options.h"
#include "doctor/report.h"

namespace rusage_bpf::doctor_test {
namespace {

using Catch::Matchers::Contains;
using State = Check::State;

Diagnosis healthy() {
  return {.version = "1.2.3",
          .kernel = "Linux 6.12.0 x86_64",
          .as_root = true,
          .bpf = {{"capabilities", "CAP_SYS_ADMIN"}, {"seccomp", "no filter"}},
          .proc = {{"/proc", "shows all processes"}}};
}

Diagnosis refused() {
  Diagnosis diagnosis = healthy();
  diagnosis.as_root = false;
  diagnosis.bpf[0] = {"capabilities",
                      "CAP_BPF is missing",
                      State::stops,
                      {{"sudo rusage-bpf ...", ""}, {"sudo setcap x rusage-bpf", "once"}}};
  diagnosis.bpf[1].state = State::unknown;
  return diagnosis;
}

TEST_CASE("a healthy machine's verdict says how well, and as whom") {
  CHECK_THAT(diagnosis_text(healthy()), Contains("Recording with BPF works here as root, exactly.\n"));
  Diagnosis limited = healthy();
  limited.bpf[1].state = State::limits;
  limited.as_root = false;
  CHECK_THAT(diagnosis_text(limited),
             Contains("Recording with BPF works here as this user, within the limits above.\n"));
}

TEST_CASE("a check that stops recording is in capitals, with its remedies below it and in the verdict") {
  const std::string text = diagnosis_text(refused());
  CHECK_THAT(text, Contains("\n  STOPS    capabilities  CAP_BPF is missing\n"
                            "                         -> sudo rusage-bpf ...\n"
                            "                         or sudo setcap x rusage-bpf  # once\n"));
  CHECK_THAT(text,
             Contains("Recording with BPF does not work here as this user: " + in_one_line(refused().bpf[0]) + "\n"));
}

TEST_CASE("findings are wrapped to the terminal, and commands are not") {
  Diagnosis diagnosis = refused();
  std::string words;
  for (int i = 0; i < 60; i++) words += (i > 0 ? " " : "") + std::string("word");
  const std::string command(200, 'x');
  diagnosis.bpf[1].found = words;
  diagnosis.bpf[1].remedies = {{"", words}, {command, ""}};
  std::istringstream lines(diagnosis_text(diagnosis));
  int words_seen = 0;
  bool command_seen = false;
  for (std::string line; std::getline(lines, line) && !line.starts_with("Recording from /proc works");) {
    if (line.ends_with(command)) {
      command_seen = true;
      continue;
    }
    CAPTURE(line);
    CHECK(line.size() <= 80);
    for (std::size_t at = line.find("word"); at != std::string::npos; at = line.find("word", at + 1)) words_seen++;
  }
  CHECK(words_seen == 120);
  CHECK(command_seen);
}

TEST_CASE("JSON has states, findings and remedies, with null for no command") {
  Diagnosis diagnosis = refused();
  diagnosis.proc[0].state = State::stops;
  diagnosis.proc[0].remedies = {{"", "nothing would help"}};
  const Json json = diagnosis_json(diagnosis);
  CHECK(diagnosis_json(healthy())["bpf"]["works"] == true);
  CHECK(json["schema"] == "rusage-bpf-doctor/1");
  CHECK(json["version"] == "1.2.3");
  CHECK(json["kernel"] == "Linux 6.12.0 x86_64");
  CHECK(json["bpf"]["works"] == false);
  CHECK(json["bpf"]["checks"][0]["name"] == "capabilities");
  CHECK(json["bpf"]["checks"][0]["state"] == "stops");
  CHECK(json["bpf"]["checks"][0]["found"] == "CAP_BPF is missing");
  CHECK(json["bpf"]["checks"][0]["remedies"][0] == Json({{"command", "sudo rusage-bpf ..."}, {"note", nullptr}}));
  CHECK(json["bpf"]["checks"][1]["state"] == "unknown");
  CHECK(json["bpf"]["checks"][1]["remedies"] == Json::array());
  CHECK(json["proc"]["works"] == false);
  CHECK(json["proc"]["checks"][0]["remedies"][0] == Json({{"command", nullptr}, {"note", "nothing would help"}}));
  for (const char *side : {"bpf", "proc"})
    CHECK_THAT(diagnosis_text(diagnosis), Contains(json[side]["verdict"].get<std::string>() + "\n"));
}

Result<DoctorOptions> parsed(std::vector<const char *> arguments) {
  arguments.insert(arguments.begin(), "doctor");
  return parse_doctor(Arguments(arguments));
}

TEST_CASE("the doctor has only the options --json and --help") {
  CHECK_FALSE(parsed({})->json);
  CHECK(parsed({"--json"})->json);
  CHECK_THAT(parsed({"--help"})->print, Contains("--json"));
  for (const char *wrong : {"now", "--fast"}) {
    const auto options = parsed({wrong});
    REQUIRE_FALSE(options);
    CHECK(options.error().kind == Error::Kind::usage);
    CHECK_THAT(options.error().message, Contains(wrong) && !Contains("\n"));
  }
}

}  // namespace
}  // namespace rusage_bpf::doctor_test
