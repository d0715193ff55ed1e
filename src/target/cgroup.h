// The processes in a cgroup (v2) and in the cgroups below it.
#pragma once

#include <cstdint>
#include <string>

#include "os/fd.h"
#include "target/target.h"

namespace rusage_bpf {

class Cgroup final : public Target {
 public:
  // Opens the directory of a cgroup. If the path is no cgroup v2, the error names one that is.
  static Result<Cgroup> find(const std::string &path);

  [[nodiscard]] Result<void> check_may_trace() const override;

  // Without the recorder and its wrappers.
  [[nodiscard]] Selection selection() const override;

  // SIGINT and similar signals end the recording.
  Result<std::optional<Ended>> handle(const Signal &signal) override;
  // Ended only if the cgroup was removed: an empty cgroup may get new processes.
  std::optional<Ended> end_in(const Snapshot &snapshot) override;

 private:
  Cgroup(std::string path, Fd directory, std::uint64_t id)
      : path_(std::move(path)), directory_(std::move(directory)), id_(id) {}

  std::string path_;
  Fd directory_;
  std::uint64_t id_;  // the inode number of its directory
};

}  // namespace rusage_bpf
