// Runs a fuzzer over files, or over its own seeds and a fixed number of changed ones, the same ones
// each time. A failure ends the program, and leaves the input in ./crash-input.
// Usage: FUZZER [--rounds N] [FILE...]
#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <random>
#include <string_view>

#include "fuzz/fuzz.h"

namespace {

using Random = std::mt19937;

std::size_t below(Random &random, std::size_t limit) {
  return std::uniform_int_distribution<std::size_t>(0, limit - 1)(random);
}

constexpr std::array<std::string_view, 40> words{"{",
                                                 "}",
                                                 "[",
                                                 "]",
                                                 ",",
                                                 ":",
                                                 "\"",
                                                 "\\u0000",
                                                 "null",
                                                 "-1",
                                                 "1e999",
                                                 "1e18",
                                                 "3.5",
                                                 "0",
                                                 "true",
                                                 "\n",
                                                 "\r\n",
                                                 "18446744073709551616",
                                                 "{}",
                                                 "[[[[[[",
                                                 "\xff",
                                                 "\"a\"",
                                                 "\"kind\"",
                                                 "\"samples\"",
                                                 "\"samples\":[],",
                                                 "\"columns\":[],",
                                                 "\"meta\":{},",
                                                 "\"processes\":[{}],",
                                                 "\"commands\":[{}],",
                                                 "\"elapsed\":0,",
                                                 "\"elapsed\":9e9,",
                                                 "\"user\":9e9,",
                                                 "\"rss\":1,",
                                                 "18446744073709551615",
                                                 "NaN",
                                                 "-0.0",
                                                 "\\ud800",
                                                 "\xc2\x9b",
                                                 "\xe2\x80\xae",
                                                 "\\xff"};

// The text with one change.
void change(std::string &text, const std::vector<std::string> &seeds, Random &random) {
  const std::size_t at = below(random, text.size() + 1);
  const std::size_t length = below(random, 1 + std::min<std::size_t>(text.size() - at, 64));
  switch (below(random, 6)) {
    case 0:
      if (at < text.size()) text[at] = static_cast<char>(below(random, 256));
      break;
    case 1:
      text.erase(at, length);
      break;
    case 2:
      text.insert(at, text.substr(at, length));
      break;
    case 3:
      text.replace(at, length, words[below(random, words.size())]);
      break;
    case 4:
      if (below(random, 8) == 0) text.resize(at);
      break;
    default: {
      const std::string &other = seeds[below(random, seeds.size())];
      const std::size_t from = below(random, other.size() + 1);
      text.replace(at, length, other.substr(from, below(random, 64)));
    }
  }
}

void give(const std::string &text) {
  std::ofstream("crash-input", std::ios::binary) << text;
  LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t *>(text.data()), text.size());
}

void give_file(const char *path) {
  std::ifstream file(path, std::ios::binary);
  give({std::istreambuf_iterator<char>(file), {}});
}

}  // namespace

int main(int argc, char **argv) {
  int rounds = 3000;
  int first_file = 1;
  if (argc > 2 && std::string_view(argv[1]) == "--rounds") {
    rounds = std::atoi(argv[2]);
    first_file = 3;
  }
  for (int i = first_file; i < argc; i++) give_file(argv[i]);
  if (first_file < argc) return 0;

  auto seeds = fuzz_seeds();
  Random random(1);
  for (const std::string &seed : seeds) give(seed);
  // Long inputs only test the length.
  constexpr std::size_t longest_changed = std::size_t{64} << 10;
  std::erase_if(seeds, [](const std::string &seed) { return seed.size() > longest_changed; });
  for (int round = 0; round < rounds; round++) {
    std::string text = seeds[below(random, seeds.size())];
    for (std::size_t left = 1 + below(random, 4); left > 0; left--) change(text, seeds, random);
    give(text);
  }
  std::remove("crash-input");
  std::printf("%d rounds over %zu seeds\n", rounds, seeds.size());
}
