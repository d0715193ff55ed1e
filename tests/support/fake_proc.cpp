#include "support/fake_proc.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace test {

FakeProc::FakeProc(bool has_children_lists) : has_children_lists_(has_children_lists) {
  if (has_children_lists) write("thread-self/children", "");
  std::filesystem::create_symlink(std::to_string(getpid()), directory_.path() / "self");
  write("sys/kernel/pid_max", "1000\n");
  newest_pid(500);
}

void FakeProc::write(const std::string &name, const std::string &text) const {
  const std::filesystem::path file = directory_.path() / name;
  std::filesystem::create_directories(file.parent_path());
  std::ofstream(file) << text;
}

void FakeProc::put(const FakeProcess &process) const {
  const auto file = [&](const std::string &name) { return fmt::format("{}/{}", process.pid, name); };
  write(file("stat"),
        fmt::format("{} ({}) {} {} 0 0 0 0 0 {} {} 0 0 {} 0 {} 0 20 0 1 0 {} 4096 0\n", process.pid, process.name,
                    process.state, process.parent, process.minor_faults, process.reaped_minor_faults,
                    process.user_ticks, process.reaped_user_ticks, process.start_ticks));
  write(file("statm"), fmt::format("{0} {0} 0 0 0 0 0\n", process.pages));
  write(file("status"), fmt::format("Name:\tx\nvoluntary_ctxt_switches:\t{}\n"
                                    "nonvoluntary_ctxt_switches:\t0\n",
                                    process.switches));
  if (process.calls)
    write(file("io"), fmt::format("rchar: 0\nwchar: 0\nsyscr: {}\nsyscw: 0\nread_bytes: 0\n"
                                  "write_bytes: 0\n",
                                  *process.calls));
  if (process.run_delay_ns) write(file("schedstat"), fmt::format("0 {} 0\n", *process.run_delay_ns));
  if (has_children_lists_)
    write(file(fmt::format("task/{}/children", process.pid)), fmt::format("{} ", fmt::join(process.children, " ")));
}

void FakeProc::remove(pid_t pid) const {
  std::filesystem::remove_all(directory_.path() / std::to_string(pid));
}

void FakeProc::newest_pid(std::uint64_t pid) const {
  write("loadavg", fmt::format("0.00 0.00 0.00 1/1 {}\n", pid));
}

}  // namespace test
