#include "proc/mounts.h"

#include <mntent.h>

#include <cstdio>
#include <memory>

namespace rusage_bpf::proc {

std::vector<Mount> mounts(const std::string &proc) {
  const std::unique_ptr<FILE, int (*)(FILE *)> file(setmntent((proc + "/self/mounts").c_str(), "re"), endmntent);
  std::vector<Mount> all;
  while (const mntent *entry = file ? getmntent(file.get()) : nullptr)
    all.push_back({entry->mnt_dir, entry->mnt_type, entry->mnt_opts});
  return all;
}

}  // namespace rusage_bpf::proc
