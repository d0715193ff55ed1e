#include "os/error.h"

#include <system_error>

namespace rusage_bpf {

tl::unexpected<Error> errno_error(std::string what, int errno_value) {
  what += ": " + std::generic_category().message(errno_value);
  return tl::unexpected(Error{.message = std::move(what), .errno_value = errno_value});
}

Error all_of(const std::vector<Error> &errors) {
  Error all = errors.front();
  for (std::size_t i = 1; i < errors.size(); i++) all.message += "; " + errors[i].message;
  return all;
}

}  // namespace rusage_bpf
