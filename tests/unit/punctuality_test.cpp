#include "model/punctuality.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <random>
#include <vector>

namespace rusage_bpf::punctuality_test {

TEST_CASE("without a row there is no lateness") {
  const LatenessHistogram none;
  CHECK(none.percentile_ns(.5) == 0);
  CHECK(none.max_ns() == 0);
}

TEST_CASE("small lateness is exact") {
  LatenessHistogram histogram;
  for (std::uint64_t ns = 0; ns < 10; ns++) histogram.add(ns);
  CHECK(histogram.percentile_ns(.1) == 0);
  CHECK(histogram.percentile_ns(.5) == 4);
  CHECK(histogram.percentile_ns(1) == 9);
}

TEST_CASE("a percentile is never below the true one, and at most an eighth above it") {
  std::mt19937_64 random(GENERATE(1, 2, 3));
  std::lognormal_distribution<double> distribution(10, 4);
  LatenessHistogram histogram;
  std::vector<std::uint64_t> all;
  for (int i = 0; i < 10'000; i++) {
    all.push_back(static_cast<std::uint64_t>(distribution(random)));
    histogram.add(all.back());
  }
  std::sort(all.begin(), all.end());
  for (const double share : {.001, .5, .9, .99, .999, 1.}) {
    const auto rank = static_cast<std::size_t>(std::ceil(share * static_cast<double>(all.size())));
    const std::uint64_t exact = all[rank - 1];
    CAPTURE(share, exact);
    CHECK(histogram.percentile_ns(share) >= exact);
    CHECK(histogram.percentile_ns(share) <= exact + exact / 8);
  }
  CHECK(histogram.max_ns() == all.back());
  CHECK(histogram.percentile_ns(1) == all.back());
}

TEST_CASE("the greatest lateness that there can be has a bucket") {
  LatenessHistogram histogram;
  histogram.add(UINT64_MAX);
  histogram.add(UINT64_MAX);
  CHECK(histogram.percentile_ns(.5) == UINT64_MAX);
}

}  // namespace rusage_bpf::punctuality_test
