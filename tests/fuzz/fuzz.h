// A fuzzer: a function that takes any bytes. libFuzzer calls it if the compiler has that; main.cpp always can.
#pragma once

#include <sys/mman.h>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "os/fd.h"
#include "os/write_all.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size);

// Inputs to begin with.
std::vector<std::string> fuzz_seeds();

namespace fuzz {

// Ends the program if the condition is false: a finding.
inline void require(bool holds, const char *what) {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %s\n", what);
  std::abort();
}

// A file in memory, with these bytes.
inline rusage_bpf::Fd file_of(const std::string &bytes) {
  rusage_bpf::Fd file(memfd_create("input", MFD_CLOEXEC));
  require(file && rusage_bpf::write_all(file.get(), bytes, "input"), "memory for the file");
  return file;
}

}  // namespace fuzz
