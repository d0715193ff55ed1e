#include "probe/program.h"

#include <bpf/bpf.h>
#include <linux/bpf_common.h>

#include <array>
#include <span>
#include <string>

namespace rusage_bpf {
namespace {

constexpr bpf_insn instruction(std::uint8_t code, std::int32_t immediate = 0) {
  return {.code = code, .dst_reg = 0, .src_reg = 0, .off = 0, .imm = immediate};
}

constexpr bpf_insn return_zero = instruction(BPF_ALU64 | BPF_MOV | BPF_K);
constexpr bpf_insn leave = instruction(BPF_JMP | BPF_EXIT);

Fd load(bpf_prog_type type, const AttachPoint &attach_point, std::span<const bpf_insn> code, std::span<char> log = {}) {
  LIBBPF_OPTS(bpf_prog_load_opts, options);
  options.expected_attach_type = attach_point.type;
  options.attach_btf_id = attach_point.btf_id;
  if (type == BPF_PROG_TYPE_SYSCALL) options.prog_flags = BPF_F_SLEEPABLE;
  if (!log.empty()) {
    options.log_level = 1;
    options.log_buf = log.data();
    options.log_size = static_cast<std::uint32_t>(log.size());
  }
  return Fd(bpf_prog_load(type, "probe", "GPL", code.data(), code.size(), &options));
}

}  // namespace

Fd load_minimal(bpf_prog_type type, const AttachPoint &attach_point) {
  const std::array code{return_zero, leave};
  return load(type, attach_point, code);
}

// The call has no arguments. The kernel complains about that only if it knows the helper.
Answer knows_helper(bpf_func_id helper) {
  const std::array code{instruction(BPF_JMP | BPF_CALL, helper), return_zero, leave};
  std::array<char, 4096> log{};
  if (load(BPF_PROG_TYPE_SYSCALL, {}, code, log)) return Answer::yes;
  const std::string_view said(log.data());
  if (said.empty()) return Answer::unknown;
  for (const char *unknown : {"invalid func ", "unknown func ", "cannot use helper "})
    if (said.find(unknown) != std::string_view::npos) return Answer::no;
  return Answer::yes;
}

}  // namespace rusage_bpf
