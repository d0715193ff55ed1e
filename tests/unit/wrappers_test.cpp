#include "target/wrappers.h"

#include <catch2/catch.hpp>

namespace rusage_bpf::wrappers_test {
namespace {

using Words = std::vector<std::string>;

const Words ours{"./rusage-bpf", "--pid", "5"};

Ancestor an_ancestor(Words argv, const std::string &comm = "") {
  Ancestor ancestor;
  ancestor.pid = 1000;
  ancestor.argv = std::move(argv);
  ancestor.comm = comm.empty() ? ancestor.program() : comm;
  return ancestor;
}

std::size_t count(const std::vector<Ancestor> &ancestors) {
  return count_wrappers(ancestors, ours, [](const Ancestor &) { return false; });
}

TEST_CASE("a program that got the recorder's command line after its own options is a wrapper") {
  for (const Words &before : {Words{"timeout", "10"},
                              {"strace", "-f", "-o", "log"},
                              {"perf", "stat", "--"},
                              {"sudo", "-u", "root"},
                              {"python3", "wrap.py"},
                              {"/usr/bin/time", "-v"}}) {
    Words argv = before;
    argv.insert(argv.end(), ours.begin(), ours.end());
    INFO(before.front());
    CHECK(count({an_ancestor(argv)}) == 1);
    CHECK(count({an_ancestor(argv), an_ancestor(argv)}) == 2);
  }
  CHECK(count({an_ancestor({"timeout", "10", "/usr/local/bin/rusage-bpf", "--pid", "5"})}) == 1);
}

TEST_CASE("a program with other arguments is no wrapper, and neither are its ancestors") {
  const Ancestor wrapper = an_ancestor({"timeout", "10", "./rusage-bpf", "--pid", "5"});
  for (const Ancestor &other :
       {an_ancestor({"bash"}), an_ancestor({"-bash"}), an_ancestor({}, "kthread"), an_ancestor({"make", "record"}),
        an_ancestor({"timeout", "10", "./rusage-bpf", "--pid", "6"}), an_ancestor({"./rusage-bpf", "--pid", "5"}),
        an_ancestor({"timeout", "--pid", "5"})}) {
    CHECK(count({other, wrapper}) == 0);
    CHECK(count({wrapper, other, wrapper}) == 1);
  }
}

TEST_CASE("sudo, su and doas are wrappers with any arguments") {
  CHECK(count({an_ancestor({"su", "-c", "x"})}) == 1);
  CHECK(count({an_ancestor({"sudo", "-s"})}) == 1);
  CHECK(count({an_ancestor({"/bin/sh", "./sudo", "x"}, "sudo")}) == 1);
}

TEST_CASE("a shell is a wrapper if its text ends with the recorder's command line and nothing else runs") {
  const Ancestor only = an_ancestor({"sh", "-c", "cd /; ./rusage-bpf --pid 5"});
  CHECK(count({only}) == 1);
  CHECK(count_wrappers({only}, ours, [](const Ancestor &) { return true; }) == 0);
  CHECK(count({an_ancestor({"bash", "-lc", "./rusage-bpf --pid 5"})}) == 1);
  CHECK(count({an_ancestor({"sh", "-c", "./rusage-bpf --pid 5; make"})}) == 0);
  CHECK(count({an_ancestor({"sh", "./script", "./rusage-bpf", "--pid", "5"})}) == 0);
  CHECK(count({an_ancestor({"bash", "script", "-c", "./rusage-bpf --pid 5"})}) == 0);
}

}  // namespace
}  // namespace rusage_bpf::wrappers_test
