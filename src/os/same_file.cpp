#include "os/same_file.h"

#include <sys/stat.h>

#include <filesystem>

#include "os/caller.h"

namespace rusage_bpf {
namespace {

bool is_same(const struct stat &a, const struct stat &b) {
  return a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

// The path of the file that opening `path` would create: a link to a missing file stands for that file.
std::filesystem::path behind_links(std::filesystem::path path) {
  constexpr int max_links = 40;
  for (int i = 0; i < max_links; i++) {
    std::error_code none;
    const auto target = std::filesystem::read_symlink(path, none);
    if (none) return path;
    path = path.parent_path() / target;
  }
  return path;
}

std::string directory_of(const std::filesystem::path &path) {
  const std::string parent = path.parent_path();
  return parent.empty() ? "." : parent;
}

}  // namespace

bool is_same_file(const std::string &a, const std::string &b) {
  const AsCaller as_caller;
  struct stat of_a {};
  struct stat of_b {};
  const bool is_a = stat(a.c_str(), &of_a) == 0;
  const bool is_b = stat(b.c_str(), &of_b) == 0;
  if (is_a && is_b) return is_same(of_a, of_b);
  if (is_a || is_b) return false;
  const auto new_a = behind_links(a);
  const auto new_b = behind_links(b);
  return new_a.filename() == new_b.filename() && stat(directory_of(new_a).c_str(), &of_a) == 0 &&
         stat(directory_of(new_b).c_str(), &of_b) == 0 && is_same(of_a, of_b);
}

}  // namespace rusage_bpf
