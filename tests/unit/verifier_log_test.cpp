#include "source/verifier_log.h"

#include <catch2/catch.hpp>

namespace {

using rusage_bpf::reason_in;

TEST_CASE("the reason for a refusal is the verifier's last message about the program") {
  CHECK(reason_in("func#0 @0\n0: R1=ctx() R10=fp0\n; int x = 1;\n7: (79) r1 = *(u64 *)(r0 +8)\n"
                  "R0 invalid mem access 'scalar'\n"
                  "processed 9 insns (limit 1000000) max_states_per_insn 0 total_states 0\n") ==
        "R0 invalid mem access 'scalar'");
  CHECK(reason_in("").empty());
  CHECK(reason_in("[209] STRUCT (anon) size=8 vlen=2\n[210] FWD css_set struct\n").empty());
  CHECK(reason_in("processed 2 insns (limit 1000000)\n\n").empty());
}

TEST_CASE("a field of the kernel that does not fit the program is named") {
  const std::string log =
      "prog '': relo #6: <byte_off> [12] struct task_struct.__state (0:0 @ offset 0)\n"
      "prog '': relo #6: substituting insn #3 w/ invalid insn\n"
      "prog '': relo #7: <byte_off> [12] struct task_struct.on_cpu (0:1 @ offset 4)\n"
      "prog '': relo #7: matching candidate #0 <byte_off> [144] struct task_struct.on_cpu (0:16 @ "
      "offset 52)\n"
      "prog '': relo #7: substituting insn #33 w/ invalid insn\n"
      "prog '': relo #8: <byte_off> [12] struct task_struct.mm (0:2 @ offset 8)\n"
      "33: (85) call unknown#195896080\n"
      "invalid func unknown#195896080\n"
      "processed 30 insns (limit 1000000)\n";
  CHECK(reason_in(log) == "struct task_struct.on_cpu is not as the programs expect it");
  CHECK(reason_in("33: (85) call unknown#195896080\ninvalid func unknown#195896080\n") ==
        "a field of this kernel is not as the programs expect it");
}

}  // namespace
