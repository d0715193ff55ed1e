// titled SECONDS [ARGUMENT...]: writes a title over its arguments, as servers do, and sleeps.
#include <unistd.h>

#include <cstdlib>
#include <cstring>

int main(int argc, char **argv) {
  if (argc < 2) return 2;
  const auto seconds = static_cast<unsigned>(std::atoi(argv[1]));
  char *const end = argv[argc - 1] + std::strlen(argv[argc - 1]) + 1;
  std::memset(argv[0], 0, static_cast<std::size_t>(end - argv[0]));
  std::strcpy(argv[0], "titled: at rest");
  sleep(seconds);
}
