#include "proc/text.h"

#include "proc/oom_kills.h"

#include <catch2/catch.hpp>
#include <cstdint>
#include <string>

namespace rusage_bpf::proc::text_test {
namespace {

std::string stat_of(const std::string &name, const std::string &number = "7") {
  std::string text = "42 (" + name + ") S 41 40 39 -1 -1 64 ";
  for (int field = 10; field <= 52; field++) text += field == 18 ? "-20 " : number + " ";
  return text + "\n";
}

TEST_CASE("a process's name may have any characters, and the fields after it are still found") {
  for (const char *name : {"sh", "a b", "a) S 1 (b", ")", "", "two\nlines", "\xff\xfe"}) {
    const std::string text = stat_of(name);
    const auto stat = parse_stat(text);
    REQUIRE(stat);
    CHECK(stat->comm == name);
    CHECK(stat->state == 'S');
    CHECK(stat->parent == 41);
    CHECK(stat->flags == 64);
    CHECK(stat->minor_faults == 7);
    CHECK(stat->start_ticks == 7);
    CHECK(stat->exit_status == 7);
  }
}

TEST_CASE("numbers up to 64 bits are read exactly, and larger ones become the largest") {
  for (const char *number : {"18446744073709551615", "18446744073709551616", "99999999999999999999999"}) {
    const std::string text = stat_of("x", number);
    const auto stat = parse_stat(text);
    REQUIRE(stat);
    CHECK(stat->user_ticks == UINT64_MAX);
    CHECK(stat->exit_status == 0);
  }
  CHECK(saturating_product(UINT64_MAX, 4096) == UINT64_MAX);
  CHECK(saturating_sum(UINT64_MAX, 1) == UINT64_MAX);
  CHECK(saturating_product(3, 4096) == 12288);
}

TEST_CASE("the parsers return nothing for text that is cut or has another form") {
  const std::string whole = stat_of("sh");
  for (const std::size_t length : {0, 1, 5, 8, 12, 30, 45}) CHECK_FALSE(parse_stat(whole.substr(0, length)));
  CHECK_FALSE(parse_stat(") ("));
  CHECK_FALSE(parse_io("rchar: 1\nwchar: 2\n"));
  CHECK_FALSE(parse_io("rchar: 1\nwchar: x\nsyscr: 1\nsyscw: 1\nread_bytes: 1\nwrite_bytes: 1\n"));
  CHECK_FALSE(parse_statm(""));
  CHECK_FALSE(parse_statm("12 -3"));
  CHECK_FALSE(parse_status("Name:\tsh\n"));
  CHECK_FALSE(parse_run_delay("12"));
  CHECK_FALSE(parse_newest_pid("0.1 0.2 0.3 1/2"));
}

TEST_CASE("the I/O counters are found by their names, although one name ends in another") {
  const auto io = parse_io(
      "rchar: 1\nwchar: 2\nsyscr: 3\nsyscw: 4\nread_bytes: 5\nwrite_bytes: 6\n"
      "cancelled_write_bytes: 7\n");
  REQUIRE(io);
  CHECK(io->read_bytes == 1);
  CHECK(io->write_bytes == 2);
  CHECK(io->read_count == 3);
  CHECK(io->write_count == 4);
  CHECK(io->disk_read_bytes == 5);
  CHECK(io->disk_write_bytes == 6);
}

TEST_CASE("a status has context switches, and the peak of memory if the process has memory") {
  const std::string switches = "voluntary_ctxt_switches:\t8\nnonvoluntary_ctxt_switches:\t9\n";
  const auto with_memory = parse_status("Name:\tVmHWM: 1\nVmHWM:\t     120 kB\n" + switches);
  REQUIRE(with_memory);
  CHECK(with_memory->voluntary_switches == 8);
  CHECK(with_memory->involuntary_switches == 9);
  CHECK(with_memory->peak_rss_bytes == 120 * 1024);
  const auto zombie = parse_status("Name:\tsh\n" + switches);
  REQUIRE(zombie);
  CHECK(zombie->peak_rss_bytes == 0);
}

TEST_CASE("pids in lists are above 0, and zeros are counted") {
  std::vector<pid_t> pids;
  CHECK(parse_pids("12 7 0 x 99999999999 5\n0\n1\n", pids) == 2);
  CHECK(pids == std::vector<pid_t>{12, 7, 5, 1});
}

TEST_CASE("OOM kills are in the line with exactly that name") {
  CHECK(parse_oom_kills("low 0\noom 5\noom_kill 3\noom_group_kill 1\n") == 3);
  CHECK(parse_oom_kills("oom_kill_disable 0\nunder_oom 0\noom_kill 2\n") == 2);
  CHECK_FALSE(parse_oom_kills("oom_kill_disable 0\nxoom_kill 1\n"));
}

TEST_CASE("the newest pid, memory and run delay are found at their places") {
  CHECK(parse_newest_pid("0.00 0.01 0.05 1/123 4567\n") == 4567);
  CHECK(parse_run_delay("100 200 3\n") == 200);
  const auto statm = parse_statm("300 20 10 1 0 2 0\n");
  REQUIRE(statm);
  CHECK(statm->virtual_pages == 300);
  CHECK(statm->resident_pages == 20);
  CHECK(parse_number("4194304\n") == 4194304);
}

}  // namespace
}  // namespace rusage_bpf::proc::text_test
