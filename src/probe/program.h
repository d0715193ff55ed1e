// Minimal BPF programs, loaded to find out whether the kernel accepts them.
#pragma once

#include <linux/bpf.h>

#include <cstdint>
#include <string>

#include "os/fd.h"

namespace rusage_bpf {

// Where a program is attached, if it needs that.
struct AttachPoint {
  bpf_attach_type type{};
  std::uint32_t btf_id = 0;  // of a type or function in the kernel's BTF
};

// Loads a program that only returns 0. If the kernel refuses it, errno says why.
Fd load_minimal(bpf_prog_type type, const AttachPoint &attach_point = {});

enum class Answer { no, yes, unknown };

// Whether a program of type syscall may call the helper.
Answer knows_helper(bpf_func_id helper);

}  // namespace rusage_bpf
