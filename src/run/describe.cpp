#include "run/describe.h"

#include <sys/utsname.h>
#include <unistd.h>

#include <fstream>

#include "model/name.h"

namespace rusage_bpf {
namespace {

std::string boot_id() {
  std::string id;
  std::getline(std::ifstream("/proc/sys/kernel/random/boot_id"), id);
  return id;
}

void describe_selected(Recording &recording, const selected::Command &command) {
  recording.argv = command.argv;
  recording.root_pid = command.pid;
}

void describe_selected(Recording &recording, const selected::Tree &tree) {
  recording.argv = tree.argv;
  recording.root_pid = tree.pid;
}

void describe_selected(Recording &recording, const selected::Cgroup &cgroup) {
  recording.cgroup = text_of_bytes(cgroup.path);
}

}  // namespace

Recording describe(const Options &options, const Selection &selection, const OpenedSource &opened) {
  utsname system{};
  uname(&system);
  Recording recording{.version = RUSAGE_BPF_VERSION,
                      .host = text_of_bytes(system.nodename),
                      .kernel = system.release,
                      .cpus = static_cast<unsigned>(sysconf(_SC_NPROCESSORS_ONLN)),
                      .boot_id = boot_id(),
                      .target = kind_of(selection),
                      .argv = {},
                      .root_pid = {},
                      .cgroup = {},
                      .interval_ns = options.interval_ns,
                      .start_realtime_ns = 0,
                      .backend = std::string(opened.source->name()),
                      .backend_reason = as_text(opened.reason),
                      .origin = {}};
  std::visit([&](const auto &what) { describe_selected(recording, what); }, selection);
  for (std::size_t i = 0; i < column_count; i++)
    recording.origin[i] = opened.source->origin(static_cast<rusage_column>(i));
  return recording;
}

}  // namespace rusage_bpf
