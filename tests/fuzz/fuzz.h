// A fuzzer: a function that any bytes may be given to. libFuzzer calls it where the compiler has that;
// main.cpp calls it everywhere.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size);

// Inputs to begin with.
std::vector<std::string> fuzz_seeds();
