#include "probe/features.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cerrno>
#include <memory>
#include <string>

namespace rusage_bpf {
namespace {

using KernelTypes = std::unique_ptr<btf, decltype(&btf__free)>;

Answer answer(bool yes) {
  return yes ? Answer::yes : Answer::no;
}

// The same for a call that sets errno. Without permission to try, the answer is unknown.
Answer answer_by_errno(bool yes) {
  return yes || (errno != EPERM && errno != EACCES) ? answer(yes) : Answer::unknown;
}

// Runs a program to find out whether the kernel compiled it (JIT).
FeatureKind program_kinds() {
  const Fd program = load_minimal(BPF_PROG_TYPE_SYSCALL);
  if (!program) return {"programs", {{"syscall", Answer::no}, {"JIT", Answer::unknown}}};
  LIBBPF_OPTS(bpf_test_run_opts, options);
  const bool runs = bpf_prog_test_run_opts(program.get(), &options) == 0;
  bpf_prog_info info{};
  std::uint32_t length = sizeof(info);
  const bool read_info = bpf_obj_get_info_by_fd(program.get(), &info, &length) == 0;
  return {"programs",
          {{"syscall", answer(runs)}, {"JIT", read_info ? answer(info.jited_prog_len > 0) : Answer::unknown}}};
}

FeatureKind maps() {
  const auto is_there = [](bpf_map_type type) { return answer(libbpf_probe_bpf_map_type(type, nullptr) == 1); };
  return {"maps",
          {{"array", is_there(BPF_MAP_TYPE_ARRAY)},
           {"per-CPU array", is_there(BPF_MAP_TYPE_PERCPU_ARRAY)},
           {"ring buffer", is_there(BPF_MAP_TYPE_RINGBUF)},
           {"task storage", is_there(BPF_MAP_TYPE_TASK_STORAGE)}}};
}

FeatureKind helpers() {
  FeatureKind kind{"helpers", {}};
#define ADD_HELPER(name) kind.features.push_back({"bpf_" #name, knows_helper(BPF_FUNC_##name)});
  ADD_HELPER(get_current_task_btf)
  ADD_HELPER(task_storage_get)
  ADD_HELPER(loop)
  ADD_HELPER(map_lookup_percpu_elem)
  ADD_HELPER(probe_read_user)
  ADD_HELPER(ringbuf_output)
#undef ADD_HELPER
  return kind;
}

Answer can_watch(const KernelTypes &types, const std::string &tracepoint) {
  if (!types) return Answer::unknown;
  const int type = btf__find_by_name_kind(types.get(), ("btf_trace_" + tracepoint).c_str(), BTF_KIND_TYPEDEF);
  if (type <= 0) return Answer::no;
  const Fd program = load_minimal(BPF_PROG_TYPE_TRACING, {BPF_TRACE_RAW_TP, static_cast<std::uint32_t>(type)});
  return answer_by_errno(program && Fd(bpf_raw_tracepoint_open(nullptr, program.get())));
}

Answer can_iterate_over_tasks(const KernelTypes &types) {
  if (!types) return Answer::unknown;
  const int function = btf__find_by_name_kind(types.get(), "bpf_iter_task", BTF_KIND_FUNC);
  if (function <= 0) return Answer::no;
  const Fd program = load_minimal(BPF_PROG_TYPE_TRACING, {BPF_TRACE_ITER, static_cast<std::uint32_t>(function)});
  const Fd link(program ? bpf_link_create(program.get(), 0, BPF_TRACE_ITER, nullptr) : -1);
  return answer_by_errno(link && Fd(bpf_iter_create(link.get())));
}

FeatureKind tracing() {
  const KernelTypes types(btf__load_vmlinux_btf(), btf__free);
  FeatureKind kind{"tracing", {}};
  for (const char *tracepoint : {"task_newtask", "sched_wakeup_new", "sched_process_exec", "sched_process_exit"})
    kind.features.push_back({tracepoint, can_watch(types, tracepoint)});
  kind.features.push_back({"task iterator", can_iterate_over_tasks(types)});
  return kind;
}

}  // namespace

std::vector<FeatureKind> try_features() {
  return {program_kinds(), maps(), helpers(), tracing()};
}

std::vector<std::string> missing_functions(std::initializer_list<const char *> names) {
  const KernelTypes types(btf__load_vmlinux_btf(), btf__free);
  std::vector<std::string> missing;
  for (const char *name : names)
    if (types && btf__find_by_name_kind(types.get(), name, BTF_KIND_FUNC) <= 0) missing.emplace_back(name);
  return missing;
}

Check feature_check(const FeatureKind &kind) {
  const auto named = [&](Answer wanted) {
    std::vector<std::string> names;
    for (const auto &[name, answer] : kind.features)
      if (answer == wanted) names.push_back(name);
    return names;
  };
  const auto missing = named(Answer::no);
  const auto unknown = named(Answer::unknown);
  const std::string title = "BPF " + kind.name;
  if (missing == std::vector<std::string>{"JIT"})
    return {title, "BPF's JIT compiler is off", Check::State::stops, {{"sudo sysctl net.core.bpf_jit_enable=1", ""}}};
  if (!missing.empty())
    return {title,
            fmt::format("this kernel lacks what BPF programs need: {}", fmt::join(missing, ", ")),
            Check::State::stops,
            {{"", "nothing would help here; Linux 6.1 or later has it"}}};
  if (!unknown.empty())
    return {title, fmt::format("could not be tried: {}", fmt::join(unknown, ", ")), Check::State::unknown};
  return {title, fmt::format("{}", fmt::join(named(Answer::yes), ", "))};
}

}  // namespace rusage_bpf
