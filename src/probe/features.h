// What the BPF programs are made of, each tried on the running kernel. To be asked where BPF may be used.
#pragma once

#include <initializer_list>
#include <string>
#include <vector>

#include "probe/check.h"
#include "probe/program.h"

namespace rusage_bpf {

struct Feature {
  std::string name;
  Answer answer;
};

struct FeatureKind {
  std::string name;
  std::vector<Feature> features;
};

std::vector<FeatureKind> try_features();

// Those of the kernel's functions that programs may call, in BTF, that this kernel has not. None where it does not
// describe its types to us.
std::vector<std::string> missing_functions(std::initializer_list<const char *> names);

Check feature_check(const FeatureKind &kind);

}  // namespace rusage_bpf
