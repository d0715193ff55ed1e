#include "support/cgroup.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "os/fd.h"

namespace test {

std::string cgroup_mount() {
  std::ifstream mounts("/proc/self/mounts");
  for (std::string line; std::getline(mounts, line);) {
    std::istringstream fields(line);
    std::string device;
    std::string place;
    std::string type;
    fields >> device >> place >> type;
    if (type == "cgroup2") return place;
  }
  throw std::runtime_error("cgroup v2 is not mounted");
}

TemporaryCgroup::TemporaryCgroup(const std::string &parent) {
  static std::atomic<int> number = 0;
  path_ = fmt::format("{}/rusage-bpf-test.{}.{}", parent, getpid(), ++number);
  if (mkdir(path_.c_str(), 0755) != 0) throw std::runtime_error("mkdir " + path_);
}

TemporaryCgroup::~TemporaryCgroup() {
  remove();
}

void TemporaryCgroup::remove() {
  rmdir(path_.c_str());
}

bool move_to_cgroup(const std::string &path) {
  const rusage_bpf::Fd file(open((path + "/cgroup.procs").c_str(), O_WRONLY | O_CLOEXEC));
  return write(file.get(), "0", 1) == 1;
}

}  // namespace test
