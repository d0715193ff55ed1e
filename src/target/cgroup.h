// The processes of a cgroup (v2) and of all below it.
#pragma once

#include <cstdint>
#include <string>

#include "os/fd.h"
#include "target/target.h"

namespace rusage_bpf {

class Cgroup final : public Target {
 public:
  // Opens the directory of a cgroup. A path that is no cgroup v2 is answered with one that would do, where there is
  // one.
  static Result<Cgroup> find(const std::string &path);

  [[nodiscard]] Result<void> may_look() const override;

  // Without the recorder and its wrappers.
  [[nodiscard]] Selection selection() const override;

  // SIGINT and the like end the recording.
  Result<std::optional<Ended>> take(const Signal &signal) override;
  // An empty cgroup may get new processes; only one that was removed is over.
  std::optional<Ended> end_seen_in(const Snapshot &snapshot) override;

 private:
  Cgroup(std::string path, Fd directory, std::uint64_t id)
      : path_(std::move(path)), directory_(std::move(directory)), id_(id) {}

  std::string path_;
  Fd directory_;
  std::uint64_t id_;  // the inode of its directory
};

}  // namespace rusage_bpf
