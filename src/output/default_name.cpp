#include "output/default_name.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "os/caller.h"
#include "os/new_file.h"

namespace rusage_bpf {
namespace {

constexpr std::string_view stem = "rusage";
constexpr std::string_view extension = ".json";
constexpr unsigned most_names = 1'000'000;

bool is_default_name(std::string_view name) {
  if (!name.starts_with(stem) || !name.ends_with(extension)) return false;
  const std::string_view between = name.substr(stem.size(), name.size() - stem.size() - extension.size());
  return between.empty() || (between.size() > 1 && between.front() == '-' &&
                             between.find_first_not_of("0123456789", 1) == std::string_view::npos);
}

// Stops without an error if the directory cannot be read.
template <typename Action>
void for_each_default_name(const std::filesystem::path &directory, Action action) {
  std::error_code failure;
  for (std::filesystem::directory_iterator entry(directory, failure), end; entry != end; entry.increment(failure))
    if (is_default_name(entry->path().filename().native())) action(*entry);
}

}  // namespace

std::string default_name(unsigned number) {
  return number == 1 ? fmt::format("{}{}", stem, extension) : fmt::format("{}-{}{}", stem, number, extension);
}

DefaultName::~DefaultName() {
  if (!claim_) return;
  const AsCaller as_caller;
  if (has_name(claim_.get(), directory_.get(), name_)) unlinkat(directory_.get(), name_.c_str(), 0);
}

Result<std::string> DefaultName::claim() {
  const std::lock_guard lock(mutex_);
  if (!name_.empty()) return name_;
  const AsCaller as_caller;
  for (unsigned number = 1; number <= most_names; number++) {
    const std::string name = default_name(number);
    claim_.reset(openat(directory_.get(), name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (claim_) return name_ = name;
    if (errno != EEXIST) break;
  }
  return errno_error(default_name(1));
}

std::string DefaultName::so_far() const {
  const std::lock_guard lock(mutex_);
  return name_.empty() ? default_name(1) : name_;
}

std::vector<std::string> possible_names(const std::string &path) {
  const std::filesystem::path first(path);
  std::vector<std::string> names{path};
  if (first.filename() != default_name(1)) return names;
  for_each_default_name(first.parent_path(), [&](const auto &entry) {
    if (entry.path() != first) names.push_back(entry.path());
  });
  return names;
}

std::string newest_default_name() {
  std::string newest = default_name(1);
  auto newest_time = std::filesystem::file_time_type::min();
  for_each_default_name(".", [&](const auto &entry) {
    std::error_code failure;
    if (!entry.is_regular_file(failure)) return;
    const auto time = entry.last_write_time(failure);
    if (failure || time <= newest_time) return;
    newest = entry.path().filename();
    newest_time = time;
  });
  return newest;
}

}  // namespace rusage_bpf
