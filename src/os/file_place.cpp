#include "os/file_place.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/magic.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <climits>

#include "os/caller.h"

namespace rusage_bpf {
namespace {

constexpr int max_links = 40;  // the kernel's limit

bool all_users_may_make_files(const struct stat &directory) {
  return (directory.st_mode & S_ISVTX) != 0 && (directory.st_mode & S_IWOTH) != 0;
}

// The last link is checked more strictly, because the file that it leads to is replaced.
bool may_follow(const struct stat &directory, const struct stat &link, bool last) {
  if (link.st_uid == acting_uid() || link.st_uid == 0) return true;
  return !last && (!all_users_may_make_files(directory) || link.st_uid == directory.st_uid);
}

// Links in /proc must be followed by the kernel: their text may not be the path of the file.
bool is_in_proc(const Fd &entry) {
  struct statfs file_system {};
  return fstatfs(entry.get(), &file_system) == 0 && file_system.f_type == PROC_SUPER_MAGIC;
}

std::string text_of(const Fd &link) {
  std::array<char, PATH_MAX> text{};
  const ssize_t length = readlinkat(link.get(), "", text.data(), text.size());
  return {text.data(), static_cast<std::size_t>(std::max<ssize_t>(length, 0))};
}

class Walk {
 public:
  Walk(const std::string &path, LastLink last_link) : path_(path), rest_(path), last_link_(last_link) {}

  Result<FilePlace> to_the_end() {
    if (auto begun = begin(); !begun) return tl::unexpected(begun.error());
    for (;;) {
      take_component();
      const auto arrived = last_ ? arrive() : step().map([] { return false; });
      if (!arrived) return tl::unexpected(arrived.error());
      if (*arrived) return std::move(place_);
    }
  }

 private:
  // Starts at the root or in the current directory.
  Result<void> begin() {
    if (rest_.starts_with('/') || !place_.directory) {
      const char *const start = rest_.starts_with('/') ? "/" : ".";
      place_.directory.reset(open(start, O_PATH | O_DIRECTORY | O_CLOEXEC));
      if (!place_.directory) return directory_error();
    }
    return {};
  }

  void take_component() {
    const std::size_t begin = std::min(rest_.find_first_not_of('/'), rest_.size());
    const std::size_t end = std::min(rest_.find('/', begin), rest_.size());
    component_ = rest_.substr(begin, end - begin);
    rest_.erase(0, end);
    last_ = rest_.empty();
  }

  // Enters a directory or follows a link.
  Result<void> step() {
    if (component_.empty()) return {};
    // O_DIRECTORY mounts the directory if an automounter manages it.
    constexpr int flags = O_PATH | O_NOFOLLOW | O_CLOEXEC;
    const int directory = place_.directory.get();
    if (Fd next(openat(directory, component_.c_str(), flags | O_DIRECTORY)); next) {
      place_.directory = std::move(next);
      return {};
    }
    if (errno != ENOTDIR && errno != ELOOP) return directory_error();
    place_.entry.reset(openat(directory, component_.c_str(), flags));
    if (!place_.entry || fstat(place_.entry.get(), &place_.status) != 0) return directory_error();
    if (!S_ISLNK(place_.status.st_mode)) return errno_error(what_failed(), ENOTDIR);
    return follow();
  }

  // True at the end of the path. False after a link, which continues the path.
  Result<bool> arrive() {
    if (component_.empty() || component_ == "." || component_ == "..")
      return error(fmt::format("{}: is a directory; name a file in it", path_));
    place_.name = component_;
    if (fstat(place_.directory.get(), &place_.directory_status) != 0) return errno_error(path_);
    place_.entry.reset(openat(place_.directory.get(), component_.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
    if (!place_.entry && errno == ENOENT) return true;
    if (!place_.entry || fstat(place_.entry.get(), &place_.status) != 0) return errno_error(path_);
    if (!S_ISLNK(place_.status.st_mode) || last_link_ == LastLink::keep) return true;
    if (auto followed = follow(); !followed) return tl::unexpected(followed.error());
    // A link in /proc leads to the file directly.
    return place_.entry || place_.descriptor;
  }

  // Follows the link in `place_.entry`.
  Result<void> follow() {
    if (++links_ > max_links) return errno_error(path_, ELOOP);
    if (is_in_proc(place_.entry)) return follow_within_kernel();
    struct stat directory {};
    if (fstat(place_.directory.get(), &directory) != 0) return errno_error(path_);
    if (!may_follow(directory, place_.status, last_))
      return error(
          fmt::format("{}: {} is a symbolic link of another user's; name what it points to", path_, component_));
    rest_ = text_of(place_.entry) + rest_;
    place_.entry.reset();
    place_.descriptor = descriptor_of(rest_);
    return begin();
  }

  Result<void> follow_within_kernel() {
    const int directory = place_.directory.get();
    place_.entry.reset(openat(directory, component_.c_str(), O_PATH | O_CLOEXEC));
    if (!place_.entry || fstat(place_.entry.get(), &place_.status) != 0) return errno_error(path_);
    if (!last_) place_.directory = std::move(place_.entry);
    return {};
  }

  [[nodiscard]] std::string what_failed() const { return path_ + ": its directory"; }
  [[nodiscard]] tl::unexpected<Error> directory_error() const { return errno_error(what_failed()); }

  const std::string &path_;
  std::string rest_;  // the rest of the path
  LastLink last_link_;
  std::string component_;
  bool last_ = false;
  int links_ = 0;
  FilePlace place_;
};

}  // namespace

bool FilePlace::is_planted() const {
  return entry && all_users_may_make_files(directory_status) && status.st_uid != acting_uid() &&
         status.st_uid != directory_status.st_uid;
}

Result<FilePlace> find_place(const std::string &path, LastLink last_link) {
  if (last_link == LastLink::follow)
    if (const auto descriptor = descriptor_of(path)) {
      FilePlace place;
      place.descriptor = descriptor;
      return place;
    }
  return Walk(path, last_link).to_the_end();
}

Fd reopen(const Fd &entry, int flags) {
  return Fd(open(fmt::format("/proc/self/fd/{}", entry.get()).c_str(), flags | O_CLOEXEC));
}

std::optional<int> descriptor_of(std::string_view path) {
  if (path == "/dev/stdin") return STDIN_FILENO;
  if (path == "/dev/stdout") return STDOUT_FILENO;
  if (path == "/dev/stderr") return STDERR_FILENO;
  for (const std::string_view directory : {"/dev/fd/", "/proc/self/fd/"}) {
    if (!path.starts_with(directory)) continue;
    const std::string_view digits = path.substr(directory.size());
    int number = 0;
    const auto [end, failure] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (failure == std::errc() && end == digits.data() + digits.size() && number >= 0) return number;
  }
  return std::nullopt;
}

}  // namespace rusage_bpf
