#include "output/writer_thread.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <system_error>
#include <thread>

#include "os/blocked_signals.h"

namespace rusage_bpf {
namespace {

// True of a pipe, a socket or a terminal whose other end is closed, whatever error a write returns.
bool reader_has_gone(int fd) {
  pollfd state{fd, 0, 0};
  return poll(&state, 1, 0) == 1;
}

}  // namespace

WriterThread::WriterThread(OutputFile file, Fd wake, std::shared_ptr<Fd> ended)
    : name_(file.name()),
      is_stream_(file.is_stream()),
      lacked_reader_(file.lacks_reader()),
      wake_(std::move(wake)),
      ended_event_(std::move(ended)),
      file_(std::move(file)) {
  waiting_.push_back(std::make_unique<Spool>());
}

Result<void> WriterThread::append(std::string_view bytes) {
  Spool *last = nullptr;
  {
    const std::lock_guard lock(mutex_);
    last = waiting_.back().get();  // the thread never removes the last one
  }
  return last->write(bytes);
}

Result<void> WriterThread::append(std::unique_ptr<Spool> text) {
  const std::lock_guard lock(mutex_);
  waiting_.push_back(std::move(text));
  waiting_.push_back(std::make_unique<Spool>());
  return {};
}

void WriterThread::request(Request what) {
  {
    const std::lock_guard lock(mutex_);
    if (has_ended_) return;
    requests_.put_in_place |= what == Request::put_in_place;
    requests_.commit |= what == Request::commit;
    requests_.give_up |= what == Request::give_up;
    if (!started_ && what == Request::give_up) {
      has_ended_ = true;
      file_.reset();
      return;
    }
    if (!std::exchange(started_, true)) start();
  }
  eventfd_write(wake_.get(), 1);
}

void WriterThread::start() {
  const BlockedSignals blocked;
  try {
    std::thread([self = shared_from_this()] { self->run(); }).detach();
    has_thread_ = true;
  } catch (const std::system_error &) {
    // There is a limit of threads: the output is written at the end, see `has_no_thread`.
  }
}

bool WriterThread::waits_in_file() const {
  const std::lock_guard lock(mutex_);
  return waiting_.back()->in_file();
}

bool WriterThread::has_ended() const {
  const std::lock_guard lock(mutex_);
  return has_ended_;
}

bool WriterThread::is_over() const {
  const std::lock_guard lock(mutex_);
  return has_ended_ || requests_.give_up;
}

bool WriterThread::has_no_thread() const {
  const std::lock_guard lock(mutex_);
  return started_ && !has_thread_ && !has_ended_;
}

std::optional<Error> WriterThread::error() {
  const std::lock_guard lock(mutex_);
  error_reported_ |= error_.has_value();
  return error_;
}

std::optional<Error> WriterThread::unreported_error() {
  const std::lock_guard lock(mutex_);
  if (std::exchange(error_reported_, true)) return std::nullopt;
  return error_;
}

void WriterThread::fail(Error error) {
  const std::lock_guard lock(mutex_);
  if (has_ended_) return;
  has_ended_ = true;
  error_ = std::move(error);
}

void WriterThread::run() noexcept {
  std::optional<Error> failure;
  try {
    if (auto written = write_until_end_requested(); !written) failure = written.error();
  } catch (const std::exception &exception) {
    failure = Error{.message = name_ + ": " + exception.what()};
  }
  end(std::move(failure));
}

void WriterThread::end(std::optional<Error> error) {
  {
    const std::lock_guard lock(mutex_);
    file_.reset();
    while (waiting_.size() > 1) waiting_.pop_front();
    waiting_.back()->clear();
    if (std::exchange(has_ended_, true)) return;
    error_ = std::move(error);
  }
  eventfd_write(ended_event_->get(), 1);
}

Result<void> WriterThread::write_until_end_requested() {
  for (;;) {
    // A request that was made before these bytes are taken comes after them.
    Requests requests;
    {
      const std::lock_guard lock(mutex_);
      requests = requests_;
    }
    if (requests.give_up) return {};
    const auto text = take();
    if (!text) return tl::unexpected(text.error());
    if (auto written = write_out(*text); !written) return written;
    if (requests.put_in_place)
      if (auto placed = file_->put_in_place(); !placed) return placed;
    if (!text->empty()) continue;
    if (requests.commit) return file_->commit();
    if (auto waited = wait(); !waited) return waited;
  }
}

Result<std::string> WriterThread::take() {
  for (;;) {
    Spool *first = nullptr;
    bool may_grow = false;
    {
      const std::lock_guard lock(mutex_);
      first = waiting_.front().get();
      may_grow = waiting_.size() == 1;
    }
    auto text = first->take();
    if (!text || !text->empty() || may_grow) return text;
    const std::lock_guard lock(mutex_);
    waiting_.pop_front();
  }
}

// In pieces of whole lines, so that a file on a full disk ends with a whole line, and the progress can be shown.
Result<void> WriterThread::write_out(std::string_view text) {
  constexpr std::size_t piece_bytes = std::size_t{64} << 10;
  while (!text.empty()) {
    const std::size_t last_newline = text.substr(0, piece_bytes).rfind('\n');
    const std::size_t size = text.size() <= piece_bytes          ? text.size()
                             : last_newline == std::string::npos ? piece_bytes
                                                                 : last_newline + 1;
    auto written = file_->write(text.substr(0, size));
    if (written) written = file_->flush();
    if (!written && is_stream_ && reader_has_gone(file_->fd())) return errno_error(name_, EPIPE);
    if (!written) return written;
    written_bytes_ += size;
    text.remove_prefix(size);
  }
  return {};
}

Result<void> WriterThread::wait() {
  std::array<pollfd, 2> events{pollfd{wake_.get(), POLLIN, 0}, pollfd{file_->fd(), 0, 0}};
  while (poll(events.data(), events.size(), -1) < 0 && errno == EINTR) continue;
  if (events[1].revents != 0) return errno_error(name_, EPIPE);
  eventfd_t unused = 0;
  eventfd_read(wake_.get(), &unused);
  return {};
}

}  // namespace rusage_bpf
