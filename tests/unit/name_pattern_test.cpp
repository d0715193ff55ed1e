#include "cli/name_pattern.h"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <map>

namespace rusage_bpf::name_pattern_test {
namespace {

using Catch::Matchers::Contains;

const NameValues values{.host = "node7", .pid = "4242", .start = "20261127T091500Z", .job = "1234[5].server"};

// During its lifetime, only these variables of batch systems are set.
class BatchEnvironment {
 public:
  explicit BatchEnvironment(const std::map<std::string, std::string> &set) {
    for (const char *name : {"SLURM_JOB_ID", "PBS_JOBID", "LSB_JOBID", "LSB_JOBINDEX", "FLUX_JOB_ID", "OAR_JOB_ID",
                             "PJM_JOBID", "PJM_BULKNUM", "JOB_ID", "SGE_TASK_ID"}) {
      if (const char *value = std::getenv(name)) before_[name] = value;
      unsetenv(name);
    }
    for (const auto &[name, value] : set) {
      added_.push_back(name);
      setenv(name.c_str(), value.c_str(), 1);
    }
  }
  ~BatchEnvironment() {
    for (const std::string &name : added_) unsetenv(name.c_str());
    for (const auto &[name, value] : before_) setenv(name.c_str(), value.c_str(), 1);
  }
  BatchEnvironment(const BatchEnvironment &) = delete;
  BatchEnvironment &operator=(const BatchEnvironment &) = delete;

 private:
  std::map<std::string, std::string> before_;
  std::vector<std::string> added_;
};

std::string job(const std::map<std::string, std::string> &environment) {
  const BatchEnvironment set(environment);
  return name_values().job;
}

TEST_CASE("a name can have the host, the pid, the start and the batch job") {
  const auto check = [](const std::string &pattern, const std::string &name) {
    const auto expanded = expand_name("--output", pattern, values);
    REQUIRE(expanded);
    CHECK(*expanded == name);
  };
  check("rows.json", "rows.json");
  check("", "");
  check("%h.json", "node7.json");
  check("runs/%h/%j-%t-%p.json", "runs/node7/1234[5].server-20261127T091500Z-4242.json");
  check("%p%p.csv", "42424242.csv");
  check("100%%.json", "100%.json");
  check("%%h.json", "%h.json");
  check("%%%h.json", "%node7.json");
}

TEST_CASE("an unknown letter after a % is an error that lists the known ones") {
  for (const std::string pattern :
       {"%x.json", "a%.json", "a.json%", "%", "%%%", "%H.json", "% .json", "%\xc3\xa9.json"}) {
    CAPTURE(pattern);
    const auto expanded = expand_name("--ring", pattern, values);
    REQUIRE_FALSE(expanded);
    CHECK_THAT(expanded.error().message,
               Contains("--ring " + pattern + ": ") && Contains("h (host), p (pid), t (start), j (batch job)"));
    CHECK_THAT(expanded.error().message, !Contains("\n"));
  }
}

TEST_CASE("the values are those of this process") {
  const NameValues own = name_values();
  CHECK(own.pid == std::to_string(getpid()));
  CHECK_FALSE(own.host.empty());
  CHECK(own.start.size() == values.start.size());
  CHECK(own.start.ends_with("Z"));
}

TEST_CASE("the job is the batch system's id, with the index in an array") {
  CHECK(job({}) == "nojob");
  CHECK(job({{"SLURM_JOB_ID", ""}}) == "nojob");
  CHECK(job({{"SLURM_JOB_ID", "77"}, {"JOB_ID", "78"}}) == "77");
  CHECK(job({{"PBS_JOBID", "1234[5].server"}}) == "1234[5].server");
  CHECK(job({{"LSB_JOBID", "9"}, {"LSB_JOBINDEX", "0"}}) == "9");
  CHECK(job({{"LSB_JOBID", "9"}, {"LSB_JOBINDEX", "3"}}) == "9-3");
  CHECK(job({{"JOB_ID", "5"}, {"SGE_TASK_ID", "undefined"}}) == "5");
  CHECK(job({{"JOB_ID", "5"}, {"SGE_TASK_ID", "2"}}) == "5-2");
}

TEST_CASE("no value has a slash or is a special name") {
  CHECK(job({{"SLURM_JOB_ID", "../../etc/passwd"}}) == "_._.._etc_passwd");
  CHECK(job({{"SLURM_JOB_ID", ".."}}) == "_.");
  CHECK(job({{"SLURM_JOB_ID", "-"}}) == "_");
  CHECK(job({{"SLURM_JOB_ID", "a b\n\x1b[31m"}}) == "a_b__[31m");
  CHECK(job({{"SLURM_JOB_ID", std::string(5000, 'x')}}) == std::string(100, 'x'));
}

}  // namespace
}  // namespace rusage_bpf::name_pattern_test
