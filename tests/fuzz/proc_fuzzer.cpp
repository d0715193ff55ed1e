// Gives random bytes to the parsers of /proc, and checks that their results are possible.
#include "fuzz/fuzz.h"
#include "proc/text.h"

namespace {

using fuzz::require;
namespace proc = rusage_bpf::proc;

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
  // A copy of exactly this size, so that AddressSanitizer reports reads after its end.
  const std::vector<char> bytes(data, data + size);
  const std::string_view text(bytes.data(), bytes.size());
  if (const auto stat = proc::parse_stat(text)) {
    require(text.find(stat->comm) != std::string_view::npos, "the name is in the text");
    require(stat->parent >= 0, "a pid is not negative");
    require(stat->exit_status >= 0 && stat->exit_status <= 0xffff, "a status has 16 bits");
  }
  static_cast<void>(proc::parse_io(text));
  static_cast<void>(proc::parse_statm(text));
  static_cast<void>(proc::parse_status(text));
  static_cast<void>(proc::parse_run_delay(text));
  static_cast<void>(proc::parse_newest_pid(text));
  static_cast<void>(proc::parse_number(text));
  std::vector<pid_t> pids;
  proc::parse_pids(text, pids);
  require(pids.size() <= size / 2 + 1, "each pid has at least a digit and a blank");
  for (const pid_t pid : pids) require(pid > 0, "a pid is above 0");
  return 0;
}

std::vector<std::string> fuzz_seeds() {
  return {
      "42 (a) b\n(c) S 1 2 3 0 -1 4194560 77 88 9 10 11 12 13 14 20 0 1 0 123456 8000000 900 "
      "18446744073709551615 1 1 0 0 0 0 0 0 0 0 0 0 17 0 0 0 0 0 0 0 0 0 0 0 0 0 256\n",
      "rchar: 1\nwchar: 2\nsyscr: 3\nsyscw: 4\nread_bytes: 5\nwrite_bytes: "
      "6\ncancelled_write_bytes: 0\n",
      "Name:\tsh\nVmHWM:\t  1200 kB\nvoluntary_ctxt_switches:\t1\nnonvoluntary_ctxt_switches:\t2\n",
      "2088 351 282 5 0 110 0\n",
      "123456 7890 12\n",
      "0.00 0.01 0.05 1/123 4567\n",
      "12 13 14\n",
  };
}
