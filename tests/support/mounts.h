// Mounts of a process's own, which end with it. For a child before its exec.
#pragma once

#include <sched.h>
#include <sys/mount.h>

namespace test {

inline bool unshare_mounts() {
  return unshare(CLONE_NEWNS) == 0 && mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0;
}

inline bool mount_tmpfs(const char *directory, const char *options) {
  return mount("tmpfs", directory, "tmpfs", 0, options) == 0;
}

inline bool make_read_only(const char *directory) {
  return mount(directory, directory, nullptr, MS_BIND, nullptr) == 0 &&
         mount(nullptr, directory, nullptr, MS_BIND | MS_REMOUNT | MS_RDONLY, nullptr) == 0;
}

}  // namespace test
