#include "output/destination.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>

#include "os/caller.h"
#include "os/file_lock.h"
#include "os/standard_streams.h"
#include "os/temporary_file.h"
#include "os/write_all.h"

namespace rusage_bpf {
namespace {

constexpr mode_t document_mode = 0644;

// O_NONBLOCK is for opening only: a write that has to wait would fail with it.
void clear_nonblocking(int fd) {
  const int flags = fcntl(fd, F_GETFL);
  if (flags >= 0) fcntl(fd, F_SETFL, flags & ~O_NONBLOCK);
}

Fd open_without_waiting(const Fd &entry) {
  Fd opened = reopen(entry, O_WRONLY | O_NOCTTY | O_NONBLOCK);
  if (opened) clear_nonblocking(opened.get());
  return opened;
}

Fd connect_to(const Fd &entry) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  fmt::format_to_n(address.sun_path, sizeof(address.sun_path) - 1, "/proc/self/fd/{}", entry.get());
  Fd connected(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (connect(connected.get(), reinterpret_cast<const sockaddr *>(&address), sizeof(address)) != 0) return {};
  clear_nonblocking(connected.get());
  return connected;
}

tl::unexpected<Error> planted(const std::string &path) {
  return error(
      fmt::format("{}: is another user's, in a directory where every user may create files; choose "
                  "another name",
                  path));
}

// Whether the disk has space for it, before the old content is dropped. Not all file systems can answer.
bool has_space(int fd, off_t size) {
  if (size == 0 || fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, size) == 0) return true;
  return errno != ENOSPC && errno != EDQUOT && errno != EFBIG;
}

Result<void> copy(int from, int to, const std::string &name) {
  std::string block(std::size_t{64} << 10, '\0');
  for (off_t at = 0;;) {
    const ssize_t got = pread(from, block.data(), block.size(), at);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return errno_error(name);
    if (got == 0) return {};
    const auto text = std::string_view(block).substr(0, static_cast<std::size_t>(got));
    if (auto written = write_all(to, text, name); !written) return written;
    at += got;
  }
}

}  // namespace

Result<Destination> Destination::open(const std::string &path) {
  if (path == "-") return of_descriptor("standard output", STDOUT_FILENO);
  const AsCaller as_caller;
  auto place = find_place(path, LastLink::follow);
  if (!place) return tl::unexpected(place.error());
  if (place->descriptor) return of_descriptor(path, *place->descriptor);
  const bool is_file = !place->entry || S_ISREG(place->status.st_mode);
  return is_file ? of_file(path, *place) : of_stream(path, *std::move(place));
}

Result<Destination> Destination::open_default() {
  const AsCaller as_caller;
  const std::string name = rusage_bpf::default_name(1);
  auto place = find_place(name, LastLink::keep);
  if (!place) return tl::unexpected(place.error());
  place->entry.reset();  // it stays
  auto file = NewFile::create(*place, name, document_mode);
  if (!file) {
    file.error().message += "; name a file elsewhere with -o";
    return tl::unexpected(file.error());
  }
  Destination made(name);
  made.default_name_ = std::make_shared<DefaultName>(std::move(place->directory));
  made.new_file_.emplace(*std::move(file));
  return made;
}

// An inherited descriptor lacks FD_CLOEXEC, which all of the recorder's own have.
Result<Destination> Destination::of_descriptor(const std::string &name, int fd) {
  const int flags = fcntl(fd, F_GETFD);
  if (flags < 0 || (flags & FD_CLOEXEC) != 0)
    return errno_error(fd > STDERR_FILENO ? name + ": is not open here (sudo closes descriptors)" : name, EBADF);
  if (auto writable = check_writable(fd, name.c_str()); !writable) return tl::unexpected(writable.error());
  Destination made(name);
  made.is_stream_ = true;
  made.stream_.reset(fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
  if (!made.stream_) return errno_error(name);
  return made;
}

Result<Destination> Destination::of_stream(const std::string &path, FilePlace place) {
  const mode_t mode = place.status.st_mode;
  if (S_ISDIR(mode)) return error(fmt::format("{}: is a directory; name a file in it", path));
  if (S_ISBLK(mode)) return error(fmt::format("{}: is a block device; choose another name", path));
  if (place.is_planted()) return planted(path);
  Destination made(path);
  made.is_stream_ = true;
  made.stream_ = S_ISSOCK(mode) ? connect_to(place.entry) : open_without_waiting(place.entry);
  if (made.stream_) return made;
  // Its permissions were checked by now; it lacks only a reader.
  if (!S_ISFIFO(mode) || errno != ENXIO) return errno_error(path);
  made.fifo_ = std::move(place.entry);
  return made;
}

Result<Destination> Destination::of_file(const std::string &path, const FilePlace &place) {
  Destination made(path);
  if (place.entry) {
    // Only root could replace it.
    if (place.is_planted() && acting_uid() != 0) return planted(path);
    // Checks the permission to write; nothing is changed yet.
    made.old_ = reopen(place.entry, O_WRONLY);
    if (!made.old_) return errno_error(path);
    if (place.is_planted()) made.old_.reset();
  }
  auto file = NewFile::create(place, path, document_mode);
  if (file) {
    made.new_file_.emplace(*std::move(file));
    return made;
  }
  if (!made.old_) return tl::unexpected(file.error());
  auto spare = open_temporary_file();
  if (!spare) return tl::unexpected(spare.error());
  made.spare_ = *std::move(spare);
  return made;
}

int Destination::fd() const {
  if (is_stream_) return stream_.get();
  if (new_file_) return new_file_->fd();
  return spare_ ? spare_.get() : old_.get();
}

Result<void> Destination::wait_for_reader() {
  while (fifo_) {
    stream_ = reopen(fifo_, O_WRONLY);
    if (!stream_ && errno != EINTR) return failed();
    if (stream_) fifo_.reset();
  }
  return {};
}

bool Destination::is_in_place_of_another() const {
  if (new_file_) return new_file_->in_directory_of_another();
  struct stat status {};
  return fifo_ && (fstat(fifo_.get(), &status) != 0 || status.st_uid != geteuid());
}

Result<void> Destination::put_in_place() {
  if (is_stream_ || in_place_) return {};
  if (default_name_) {
    const auto name = default_name_->claim();
    if (!name) return tl::unexpected(name.error());
    auto placed = new_file_->put_in_place_as(*name);
    in_place_ = placed.has_value();
    return placed;
  }
  if (new_file_) {
    auto placed = new_file_->put_in_place();
    if (!placed && !old_) return placed;
    in_place_ = placed.has_value();
  }
  return in_place_ ? Result<void>() : write_over();
}

// Two recorders write the file one after the other.
Result<void> Destination::lock_old() const {
  constexpr int attempts = 100;
  constexpr useconds_t pause_us = 50'000;
  for (int attempt = 0;; attempt++) {
    const auto locked = lock(old_.get(), name_);
    if (locked) return {};
    const int reason = locked.error().errno_value;
    // A file system without locks.
    if (reason != EAGAIN && reason != EACCES) return {};
    if (attempt == attempts) return error(name_ + ": is being written by another program");
    usleep(pause_us);
  }
}

Result<void> Destination::write_over() {
  struct stat written {};
  struct stat old {};
  if (fstat(fd(), &written) != 0 || fstat(old_.get(), &old) != 0) return failed();
  if (old.st_nlink == 0) return errno_error(name_, ENOENT);
  if (auto locked = lock_old(); !locked) return locked;
  if (!has_space(old_.get(), written.st_size)) return failed();
  // Cut short first, so that a file that a power cut interrupts is visibly incomplete.
  if (ftruncate(old_.get(), 0) != 0) return failed();
  if (auto copied = copy(fd(), old_.get(), name_); !copied) return copied;
  in_place_ = true;
  spare_.reset();
  new_file_.reset();
  return {};
}

Result<void> Destination::commit() {
  if (is_stream_) return {};
  if (!in_place_ && new_file_ && fsync(fd()) != 0) return failed();
  if (auto placed = put_in_place(); !placed) return placed;
  // A file that was written over needs it now.
  if (fsync(fd()) != 0) return failed();
  return {};
}

}  // namespace rusage_bpf
