#include "support/storm.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <new>
#include <stdexcept>

#include "document/time.h"
#include "os/clock.h"
#include "os/fd.h"

namespace test {
namespace {

workload::Board *make_board(const std::string &path) {
  const rusage_bpf::Fd file(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!file || ftruncate(file.get(), sizeof(workload::Board)) != 0) throw std::runtime_error("making " + path);
  void *memory = mmap(nullptr, sizeof(workload::Board), PROT_READ | PROT_WRITE, MAP_SHARED, file.get(), 0);
  if (memory == MAP_FAILED) throw std::runtime_error("mapping " + path);
  return new (memory) workload::Board{};
}

}  // namespace

StormBoard::StormBoard() : board_(make_board(directory_.file("board"))) {}

StormBoard::~StormBoard() {
  munmap(board_, sizeof(workload::Board));
}

std::vector<std::string> StormBoard::argv(const StormSize &size) const {
  return {built("tests/programs/running_storm"), directory_.file("board"), std::to_string(size.workers),
          std::to_string(size.cpu_us), std::to_string(size.stay_every)};
}

Storm::Storm(const StormSize &size) : workers_(size.workers), process_({.argv = board_.argv(size)}) {
  pass(1);
}

void Storm::pass(std::uint64_t children) const {
  const std::uint64_t enough = board_->done + children;
  wait_until("the storm's children", [&] { return board_->done >= enough; });
}

void Storm::pause() {
  board_->hold = 1;
  wait_until("the storm's stillness",
             [this] { return board_->held == workers_ && board_->staying == board_->to_stay; });
}

void Storm::go_on() {
  board_->hold = 0;
  wait_until("the storm's return", [this] { return board_->held == 0; });
}

void Storm::stop() {
  board_->stop = 1;
  const Finished finished = process_.wait();
  if (finished.exit_code != 0) throw std::runtime_error("the storm failed: " + finished.errors);
}

Sampler::Sampler(const workload::Board &board)
    : thread_([this, &board](const std::stop_token &over) {
        while (!over.stop_requested()) {
          const std::uint64_t least = board.done;
          std::string time = rusage_bpf::iso_8601(rusage_bpf::realtime_ns());
          samples_.push_back({.time = std::move(time), .least = least, .most = board.begun});
          std::this_thread::sleep_for(std::chrono::milliseconds(1));
        }
      }) {}

std::vector<Sample> Sampler::finish() {
  thread_.request_stop();
  thread_.join();
  return std::move(samples_);
}

void check_writes_in_each_row(const Document &document, const std::vector<Sample> &samples,
                              std::int64_t before_first_row) {
  std::int64_t seen = before_first_row;
  auto before = samples.begin();
  auto after = samples.begin();
  for (std::size_t n = 1; n < document.rows().size(); n++) {
    const std::string earlier = document.rows()[n - 1]["timestamp"];
    const std::string time = document.rows()[n]["timestamp"];
    seen += document.rows()[n]["write_count"].get<std::int64_t>();
    while (before + 1 < samples.end() && (before + 1)->time <= earlier) before++;
    while (after < samples.end() && after->time <= time) after++;
    if (after == samples.end()) return;
    CAPTURE(n, earlier, time);
    CHECK(seen >= static_cast<std::int64_t>(before->least));
    CHECK(seen <= static_cast<std::int64_t>(after->most));
  }
}

}  // namespace test
