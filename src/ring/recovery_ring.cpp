#include "ring/recovery_ring.h"

#include <fmt/format.h>

namespace rusage_bpf {
namespace {

constexpr auto no_ring = "recording without a recovery ring, so that a crash loses the rows";
constexpr auto no_more_rows = "the recovery ring takes no more rows; the recording goes on";

}  // namespace

Result<RecoveryRing> RecoveryRing::open(const RingOptions &options) {
  RecoveryRing ring(!options.path.empty());
  auto writer = RingWriter::create(options);
  if (!writer && ring.named_) return tl::unexpected(writer.error());
  if (!writer) {
    ring.keep_problem(tl::unexpected(writer.error()), no_ring);
    return ring;
  }
  ring.writer_.emplace(*std::move(writer));
  if (ring.writer_->smaller())
    ring.message_ =
        fmt::format("the recovery ring has room for the newest {} rows alone: {}", ring.writer_->rows(), ring.path());
  return ring;
}

// Only the first problem is kept, because later ones follow from it.
void RecoveryRing::keep_problem(const Result<void> &done, std::string_view consequence) {
  if (done || !problem_.empty()) return;
  problem_ = done.error().message;
  message_ = fmt::format("{}; the reason: {}", consequence, problem_);
}

Result<void> RecoveryRing::begin(const Recording &recording) {
  if (!writer_) return {};
  auto started = writer_->begin(recording);
  if (started || named_) return started;
  keep_problem(started, no_ring);
  writer_.reset();
  return {};
}

void RecoveryRing::put_in_place() {
  if (!writer_) return;
  keep_problem(writer_->put_in_place(), no_ring);
  if (!writer_->in_place()) writer_.reset();
}

void RecoveryRing::append(const Row &row) {
  if (writer_ && problem_.empty()) keep_problem(writer_->append(row), no_more_rows);
}

void RecoveryRing::check() {
  if (writer_ && problem_.empty()) keep_problem(writer_->check(), "there is no recovery ring any more");
}

void RecoveryRing::end(const Outcome &outcome) {
  if (writer_ && problem_.empty()) keep_problem(writer_->end(outcome), "the recovery ring lacks the recording's end");
}

std::string RecoveryRing::safe_in() const {
  return writer_ && writer_->in_place() && problem_.empty() ? writer_->path() : "";
}

void RecoveryRing::remove_unless_named() {
  if (!writer_) return;
  // A failure is only a message: the ring is not needed any more, and `recover` lists it.
  if (auto removed = writer_->remove_unless_named(); !removed) message_ = removed.error().message;
}

}  // namespace rusage_bpf
