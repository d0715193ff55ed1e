// Cgroups of a test.
#pragma once

#include <sys/types.h>

#include <string>

namespace test {

// The mount of cgroup v2. Throws if there is none: such a machine cannot run these tests.
std::string cgroup_mount();

// An empty cgroup below the mount, or below `parent`; it is removed at the end, and must be empty then.
class TemporaryCgroup {
 public:
  explicit TemporaryCgroup(const std::string &parent = cgroup_mount());
  ~TemporaryCgroup();
  TemporaryCgroup(const TemporaryCgroup &) = delete;
  TemporaryCgroup &operator=(const TemporaryCgroup &) = delete;

  [[nodiscard]] const std::string &path() const { return path_; }
  void remove();

 private:
  std::string path_;
};

// Moves the calling process, by one write of one byte; false if the kernel refused.
bool move_to_cgroup(const std::string &path);

}  // namespace test
