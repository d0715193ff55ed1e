#include "kernel/last_switches.h"

#include <bpf/libbpf.h>

#include <stdexcept>

#include "last_switch.skel.h"

namespace test {

void LastSwitches::Destroy::operator()(last_switch *skeleton) const {
  last_switch__destroy(skeleton);
}

LastSwitches::LastSwitches(std::uint32_t uid) : skeleton_(last_switch__open()) {
  if (!skeleton_) throw std::runtime_error("opening the test's BPF program");
  skeleton_->rodata->uid = uid;
  if (last_switch__load(skeleton_.get()) != 0 || last_switch__attach(skeleton_.get()) != 0)
    throw std::runtime_error("loading the test's BPF program");
}

LastSwitches::~LastSwitches() = default;

std::int64_t LastSwitches::tasks() const {
  return static_cast<std::int64_t>(skeleton_->bss->tasks);
}
std::int64_t LastSwitches::run_ns() const {
  return static_cast<std::int64_t>(skeleton_->bss->run_ns);
}
std::int64_t LastSwitches::switches() const {
  return static_cast<std::int64_t>(skeleton_->bss->switches);
}

}  // namespace test
