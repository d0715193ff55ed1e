// What the BPF programs are made of, each tried on the running kernel. To be asked where BPF may be used.
#pragma once

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

Check feature_check(const FeatureKind &kind);

}  // namespace rusage_bpf
