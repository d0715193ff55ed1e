// Errors are values: a message for the user, and errno.
#pragma once

#include <cerrno>
#include <map>
#include <string>
#include <tl/expected.hpp>
#include <utility>
#include <vector>

namespace rusage_bpf {

struct Error {
  // The exit status depends on the kind.
  enum class Kind { recorder, command_not_found, command_not_executable, usage };

  std::string message;  // one line, without the program's name and without a full stop
  // The messages of other errors, which are printed first.
  std::vector<std::string> earlier_messages = {};
  int errno_value = 0;  // 0 if no system call failed
  Kind kind = Kind::recorder;
};

template <typename T>
using Result = tl::expected<T, Error>;

// The error of the last system call, for example "`what`: No such file or directory".
tl::unexpected<Error> errno_error(std::string what, int errno_value = errno);

inline tl::unexpected<Error> error(std::string message) {
  return tl::unexpected(Error{.message = std::move(message)});
}

// Several errors as one, in the order of their numbers, with the kind and errno of the first. Each has its own line.
Error all_of(const std::map<std::size_t, Error> &errors);

}  // namespace rusage_bpf
