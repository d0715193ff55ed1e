#include "os/error.h"

#include <iterator>
#include <system_error>

namespace rusage_bpf {

tl::unexpected<Error> errno_error(std::string what, int errno_value) {
  what += ": " + std::generic_category().message(errno_value);
  return tl::unexpected(Error{.message = std::move(what), .errno_value = errno_value});
}

Error all_of(const std::map<std::size_t, Error> &errors) {
  Error all = errors.begin()->second;
  for (auto next = std::next(errors.begin()); next != errors.end(); ++next) {
    all.earlier_messages.push_back(std::move(all.message));
    all.message = next->second.message;
  }
  return all;
}

}  // namespace rusage_bpf
