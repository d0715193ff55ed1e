// The BPF features that the programs use, each tried on the running kernel. Only for a process that may use BPF.
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

// Which of these kernel functions for BPF programs are missing in the kernel's BTF. None if the BTF cannot be read.
std::vector<std::string> missing_functions(std::initializer_list<const char *> names);

Check feature_check(const FeatureKind &kind);

}  // namespace rusage_bpf
