#include "probe/mounts.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "proc/mounts.h"

namespace rusage_bpf {
namespace {

// The value of an option in "name=value,..."; empty if it is missing.
std::string option(const std::string &options, std::string_view name) {
  for (std::string_view rest = options; !rest.empty();) {
    const std::string_view one = rest.substr(0, rest.find(','));
    if (one.starts_with(name) && one.substr(name.size()).starts_with('='))
      return std::string(one.substr(name.size() + 1));
    rest.remove_prefix(std::min(rest.size(), one.size() + 1));
  }
  return {};
}

// Whether this process is in the group from which hidepid hides nothing.
bool in_group(const std::string &gid) {
  std::vector<gid_t> groups(static_cast<std::size_t>(std::max(getgroups(0, nullptr), 0)));
  groups.resize(static_cast<std::size_t>(std::max(getgroups(static_cast<int>(groups.size()), groups.data()), 0)));
  groups.push_back(getegid());
  return std::any_of(groups.begin(), groups.end(), [&](gid_t one) { return std::to_string(one) == gid; });
}

}  // namespace

Check proc_check(const Roots &roots, const Privileges &privileges, const Executable &executable) {
  constexpr auto name = "/proc";
  const std::vector<proc::Mount> all = proc::mounts(roots.proc);
  std::error_code unreadable;
  const auto self = std::filesystem::read_symlink(roots.proc + "/self", unreadable);
  // A mount hides the ones before it.
  const auto last =
      std::find_if(all.rbegin(), all.rend(), [](const proc::Mount &one) { return one.directory == "/proc"; });
  if (all.empty() || last == all.rend())
    return {name, "/proc is not mounted", Check::State::stops, {{"sudo mount -t proc proc /proc", ""}}};
  if (!unreadable && self != std::to_string(getpid()))
    return {
        name,
        "/proc is of another pid namespace: its numbers mean other processes",
        Check::State::stops,
        {{fmt::format("sudo unshare --mount-proc {} ...", shell_word(executable.path)), "with a /proc of its own"}}};

  const std::string hidepid = option(last->options, "hidepid");
  const bool hides = !hidepid.empty() && hidepid != "0" && hidepid != "off";
  if (!hides) return {name, "shows all processes (no hidepid)"};
  Check check{name, fmt::format("mounted with hidepid={}", hidepid)};
  const std::string gid = option(last->options, "gid");
  if (privileges.may_read_all_of_proc()) {
    check.found += ", which hides nothing from CAP_SYS_PTRACE";
  } else if (!gid.empty() && in_group(gid)) {
    check.found += fmt::format(",gid={}, a group of ours, from which it hides nothing", gid);
  } else {
    check.state = Check::State::limits;
    check.found += ", which hides other users' processes";
    check.remedies = {{"sudo mount -o remount,hidepid=0 /proc", "for all users"},
                      {fmt::format("sudo mount -o remount,gid={} /proc", getegid()), "for your group alone"}};
  }
  return check;
}

Check cgroup_check(const Roots &roots) {
  constexpr auto name = "cgroup v2";
  const std::vector<proc::Mount> all = proc::mounts(roots.proc);
  if (all.empty()) return {name, "unknown, as /proc is not mounted", Check::State::unknown};
  const auto of_type = [&](const char *type) {
    return std::find_if(all.begin(), all.end(), [&](const proc::Mount &one) { return one.type == type; });
  };
  const bool has_v1 = of_type("cgroup") != all.end();
  const auto v2 = of_type("cgroup2");
  if (v2 != all.end())
    return {name, fmt::format("{}{}", v2->directory, has_v1 ? ", beside v1, whose cgroups cannot be recorded" : "")};
  return {name,
          has_v1 ? "there is v1 alone: no --cgroup" : "not mounted: no --cgroup",
          Check::State::limits,
          {{has_v1 ? "sudo mkdir -p /mnt/cgroup2 && sudo mount -t cgroup2 cgroup2 /mnt/cgroup2"
                   : "sudo mount -t cgroup2 cgroup2 /sys/fs/cgroup",
            has_v1 ? "for good, boot with systemd.unified_cgroup_hierarchy=1" : ""}}};
}

}  // namespace rusage_bpf
