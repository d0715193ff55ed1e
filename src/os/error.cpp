#include "os/error.h"

#include <system_error>

namespace rusage_bpf {

tl::unexpected<Error> errno_error(std::string what, int errno_value) {
  what += ": " + std::generic_category().message(errno_value);
  return tl::unexpected(Error{.message = std::move(what), .errno_value = errno_value});
}

}  // namespace rusage_bpf
