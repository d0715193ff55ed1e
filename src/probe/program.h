// Tiny BPF programs, loaded to see whether the kernel accepts them.
#pragma once

#include <linux/bpf.h>

#include <cstdint>
#include <string>

#include "os/fd.h"

namespace rusage_bpf {

// Where a program is to be attached, for those that have a place.
struct Place {
  bpf_attach_type type{};
  std::uint32_t btf_id = 0;  // the kernel's type or function, by its number in the kernel's BTF
};

// One that returns 0. If the kernel refuses it, errno says why.
Fd load_nothing(bpf_prog_type type, const Place &place = {});

enum class Answer { no, yes, unknown };

// Whether a program that counts tasks may call it.
Answer knows_helper(bpf_func_id helper);

}  // namespace rusage_bpf
