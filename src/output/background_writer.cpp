#include "output/background_writer.h"

#include <sys/eventfd.h>

#include <algorithm>

#include "os/clock.h"
#include "os/message.h"

namespace rusage_bpf {
namespace {

Result<Fd> open_event() {
  Fd event(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!event) return errno_error("making an event");
  return event;
}

void say_that_it_waits(const WriterThread &thread) {
  say("{} {}; rows wait in a temporary file", thread.name(),
      thread.is_stream() ? "is not being read" : "cannot be written at the moment");
}

}  // namespace

BackgroundWriter::BackgroundWriter(std::shared_ptr<WriterThread> thread) : thread_(std::move(thread)) {}

BackgroundWriter::~BackgroundWriter() {
  if (!committed_) thread_->request(WriterThread::Request::give_up);
}

Result<void> BackgroundWriter::write(std::string_view bytes) {
  constexpr std::size_t worth_waking = std::size_t{64} << 10;
  if (auto error = thread_->error()) return tl::unexpected(*std::move(error));
  if (auto appended = thread_->append(bytes); !appended) return appended;
  say_if_it_waits();
  unflushed_bytes_ += bytes.size();
  return unflushed_bytes_ < worth_waking ? Result<void>() : flush();
}

Result<void> BackgroundWriter::write(std::unique_ptr<Spool> text) {
  thread_->append(std::move(text));
  return flush();
}

Result<void> BackgroundWriter::flush() {
  unflushed_bytes_ = 0;
  return request(WriterThread::Request::write);
}

Result<void> BackgroundWriter::put_in_place() {
  return request(WriterThread::Request::put_in_place);
}

Result<void> BackgroundWriter::commit() {
  committed_ = true;
  return request(WriterThread::Request::commit);
}

Result<void> BackgroundWriter::request(WriterThread::Request what) {
  if (auto error = thread_->error()) return tl::unexpected(*std::move(error));
  thread_->request(what);
  return {};
}

// No message for a short wait, such as in a burst of rows or on a busy disk.
void BackgroundWriter::say_if_it_waits() {
  constexpr std::uint64_t short_wait_ns = 1'000'000'000;
  if (said_that_it_waits_) return;
  if (!thread_->waits_in_file()) {
    in_file_since_ns_ = 0;
    return;
  }
  if (in_file_since_ns_ == 0) in_file_since_ns_ = monotonic_ns();
  if (monotonic_ns() < in_file_since_ns_ + short_wait_ns) return;
  said_that_it_waits_ = true;
  say_that_it_waits(*thread_);
}

Result<BackgroundWriters> BackgroundWriters::create() {
  auto event = open_event();
  if (!event) return tl::unexpected(event.error());
  return BackgroundWriters(*std::move(event));
}

Result<std::unique_ptr<Output>> BackgroundWriters::add(OutputFile file) {
  auto wake = open_event();
  if (!wake) return tl::unexpected(wake.error());
  threads_.push_back(std::make_shared<WriterThread>(std::move(file), *std::move(wake), ended_));
  return std::make_unique<BackgroundWriter>(threads_.back());
}

void BackgroundWriters::take_note() const {
  eventfd_t unused = 0;
  eventfd_read(ended_->get(), &unused);
}

bool BackgroundWriters::any_left() const {
  return std::any_of(threads_.begin(), threads_.end(), [](const auto &thread) { return !thread->is_over(); });
}

BackgroundWriters::Waiting BackgroundWriters::waiting() const {
  Waiting waiting;
  for (const auto &thread : threads_) {
    waiting.written_bytes += thread->written_bytes();
    // The thread of a file that was given up still removes the file.
    if (!thread->is_stream() && !thread->has_ended()) waiting.files++;
    if (!thread->is_stream() || thread->is_over()) continue;
    waiting.streams++;
    if (waiting.unread.empty() && thread->lacks_reader()) waiting.unread = thread->name();
  }
  return waiting;
}

std::map<std::size_t, Error> BackgroundWriters::take_errors() {
  std::map<std::size_t, Error> errors;
  for (std::size_t number = 0; number < threads_.size(); number++)
    if (auto error = threads_[number]->unreported_error()) errors.emplace(number, *std::move(error));
  return errors;
}

void BackgroundWriters::give_up_streams() {
  for (const auto &thread : threads_)
    if (thread->is_stream() && !thread->is_over())
      thread->fail({.message = thread->name() + ": its reader has not read all"});
}

void BackgroundWriters::write_what_has_no_thread() {
  for (const auto &thread : threads_)
    if (thread->has_no_thread()) thread->run();
}

}  // namespace rusage_bpf
