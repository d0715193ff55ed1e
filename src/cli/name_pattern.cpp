#include "cli/name_pattern.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <ctime>
#include <optional>

namespace rusage_bpf {
namespace {

std::string_view environment(const char *name) {
  const char *const value = std::getenv(name);
  return value ? value : "";
}

// Makes a part of a file name that cannot be mistaken for a directory or for standard output.
std::string safe(std::string_view value) {
  constexpr std::size_t max_length = 100;
  constexpr std::string_view allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-+=@:,[]";
  std::string text(value.substr(0, max_length));
  for (char &character : text)
    if (allowed.find(character) == std::string_view::npos) character = '_';
  if (text.starts_with('.') || text.starts_with('-')) text.front() = '_';
  return text;
}

// The variables with the id of a batch job, and with its index in an array of jobs that share the id.
struct BatchSystem {
  const char *id;
  const char *index = nullptr;
};

constexpr std::array batch_systems{
    BatchSystem{"SLURM_JOB_ID"},          BatchSystem{"PBS_JOBID"},  BatchSystem{"LSB_JOBID", "LSB_JOBINDEX"},
    BatchSystem{"FLUX_JOB_ID"},           BatchSystem{"OAR_JOB_ID"}, BatchSystem{"PJM_JOBID", "PJM_BULKNUM"},
    BatchSystem{"JOB_ID", "SGE_TASK_ID"},  // Grid Engine
};

std::string batch_job() {
  for (const BatchSystem &system : batch_systems) {
    const std::string id = safe(environment(system.id));
    if (id.empty()) continue;
    const std::string index = system.index ? safe(environment(system.index)) : "";
    const bool one_of_an_array = !index.empty() && index != "0" && index != "undefined";
    return one_of_an_array ? fmt::format("{}-{}", id, index) : id;
  }
  return "nojob";
}

// Nothing if the letter is not known.
std::optional<std::string> value_of(char letter, const NameValues &values) {
  switch (letter) {
    case 'h':
      return values.host;
    case 'p':
      return values.pid;
    case 't':
      return values.start;
    case 'j':
      return values.job;
    case '%':
      return "%";
    default:
      return std::nullopt;
  }
}

}  // namespace

NameValues name_values() {
  utsname system{};
  uname(&system);
  return {.host = safe(system.nodename),
          .pid = std::to_string(getpid()),
          .start = fmt::format("{:%Y%m%dT%H%M%SZ}", fmt::gmtime(std::time(nullptr))),
          .job = batch_job()};
}

Result<std::string> expand_name(std::string_view option, const std::string &pattern, const NameValues &values) {
  std::string name;
  for (std::size_t at = 0; at < pattern.size(); at++) {
    if (pattern[at] != '%') {
      name += pattern[at];
      continue;
    }
    at++;
    const auto value = at < pattern.size() ? value_of(pattern[at], values) : std::nullopt;
    if (!value)
      return error(
          fmt::format("{} {}: a % in a name is followed by h (host), p (pid), t (start), j (batch "
                      "job), or % for itself",
                      option, pattern));
    name += *value;
  }
  return name;
}

Result<void> expand_output_names(std::vector<std::string> &names, const NameValues &values) {
  for (std::string &name : names) {
    auto expanded = expand_name("--output", name, values);
    if (!expanded) return tl::unexpected(expanded.error());
    name = *std::move(expanded);
  }
  return {};
}

}  // namespace rusage_bpf
