// Errors are values: what failed, in words for the user, and the errno behind it.
#pragma once

#include <cerrno>
#include <map>
#include <string>
#include <tl/expected.hpp>
#include <utility>
#include <vector>

namespace rusage_bpf {

struct Error {
  // What kind of failure it is, where the exit status depends on it.
  enum class Kind { recorder, command_not_found, command_not_executable, usage };

  std::string message;  // one line, without the program's name and without a full stop
  // Of what has failed beside it and is to be said before it.
  std::vector<std::string> earlier_messages = {};
  int errno_value = 0;  // 0 where no system call is behind it
  Kind kind = Kind::recorder;
};

template <typename T>
using Result = tl::expected<T, Error>;

// The error of the system call that has just failed: "`what`: No such file or directory".
tl::unexpected<Error> errno_error(std::string what, int errno_value = errno);

inline tl::unexpected<Error> error(std::string message) {
  return tl::unexpected(Error{.message = std::move(message)});
}

// Several as one, in the order of their numbers, which has the kind and the errno of the first. Each keeps a line of
// its own.
Error all_of(const std::map<std::size_t, Error> &errors);

}  // namespace rusage_bpf
