#define CATCH_CONFIG_RUNNER
#include <fcntl.h>
#include <unistd.h>

#include <catch2/catch.hpp>

// Tests start programs that read their input to its end: it is empty, however the tests are
// started.
int main(int argc, char **argv) {
  const int empty = open("/dev/null", O_RDONLY);
  if (empty < 0 || dup2(empty, STDIN_FILENO) < 0) return 99;
  close(empty);
  return Catch::Session().run(argc, argv);
}
