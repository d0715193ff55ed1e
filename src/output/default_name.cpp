#include "output/default_name.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

namespace rusage_bpf {
namespace {

constexpr std::string_view stem = "rusage";
constexpr std::string_view extension = ".json";

bool is_default_name(std::string_view name) {
  if (!name.starts_with(stem) || !name.ends_with(extension)) return false;
  const std::string_view between =
      name.substr(stem.size(), name.size() - stem.size() - extension.size());
  return between.empty() || (between.size() > 1 && between.front() == '-' &&
                             between.find_first_not_of("0123456789", 1) == std::string_view::npos);
}

}  // namespace

std::string default_name(unsigned number) {
  return number == 1 ? fmt::format("{}{}", stem, extension)
                     : fmt::format("{}-{}{}", stem, number, extension);
}

std::string newest_default_name() {
  std::string newest = default_name(1);
  auto newest_time = std::filesystem::file_time_type::min();
  std::error_code failure;
  for (std::filesystem::directory_iterator entry(".", failure), end; entry != end;
       entry.increment(failure)) {
    const std::string name = entry->path().filename();
    if (!is_default_name(name) || !entry->is_regular_file(failure)) continue;
    const auto time = entry->last_write_time(failure);
    if (failure || time <= newest_time) continue;
    newest = name;
    newest_time = time;
  }
  return newest;
}

}  // namespace rusage_bpf
