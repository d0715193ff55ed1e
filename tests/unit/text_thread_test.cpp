// Makes the text of records in another thread, faster and slower than they come.
#include "recorder/text_thread.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <stdexcept>
#include <thread>

#include "support/recording.h"

namespace rusage_bpf::text_thread_test {
namespace {

using namespace std::chrono_literals;

// Notes the numbers of the records that it gets: of a row its forks, of a process its pid.
class NotingSink final : public Sink {
 public:
  NotingSink(std::vector<std::uint64_t> &numbers, std::atomic<bool> &any, std::uint64_t throws_at,
             std::chrono::nanoseconds pause)
      : numbers_(numbers), any_(any), throws_at_(throws_at), pause_(pause) {}

  Result<void> begin(const Recording &) override { return {}; }
  Result<void> row(const Row &row) override { return note(row.value[RUSAGE_forks]); }
  Result<void> process(const Process &process) override { return note(static_cast<std::uint64_t>(process.pid)); }
  Result<void> end(const Outcome &) override { return {}; }

 private:
  Result<void> note(std::uint64_t number) {
    if (number == throws_at_) throw std::runtime_error("no memory");
    std::this_thread::sleep_for(pause_);
    numbers_.push_back(number);
    any_ = true;
    return {};
  }

  std::vector<std::uint64_t> &numbers_;
  std::atomic<bool> &any_;
  std::uint64_t throws_at_;
  std::chrono::nanoseconds pause_;
};

struct Scene {
  explicit Scene(std::uint64_t throws_at = 0, std::chrono::nanoseconds pause = {}) {
    std::vector<std::unique_ptr<Sink>> one;
    one.push_back(std::make_unique<NotingSink>(numbers, any, throws_at, pause));
    sinks.emplace(std::move(one));
  }

  std::vector<std::uint64_t> numbers;
  std::atomic<bool> any = false;
  std::optional<Sinks> sinks;
};

// An odd number is a row, an even one a process.
std::variant<Row, Process> record(std::uint64_t number) {
  if (number % 2 == 0) {
    Process process;
    process.pid = static_cast<int>(number);
    return process;
  }
  Row row = test::a_row(1);
  row.value[RUSAGE_forks] = number;
  return row;
}

TEST_CASE("records become text once and in their order, whether the thread is slower or faster than they come") {
  const auto [count, pause] = GENERATE(table<std::uint64_t, std::chrono::nanoseconds>({{100'000, 0ns}, {6'000, 1us}}));
  const auto gather = GENERATE(0ms, 1ms, 100ms);
  Scene scene(0, pause);
  {
    TextThread text(*scene.sinks, gather);
    for (std::uint64_t n = 1; n <= count; n++) text.add(record(n));
    text.finish();
  }
  REQUIRE(scene.numbers.size() == count);
  for (std::uint64_t n = 1; n <= count; n++)
    if (scene.numbers[n - 1] != n) FAIL("record " << scene.numbers[n - 1] << " in the place of " << n);
}

TEST_CASE("a record becomes text without another that follows") {
  Scene scene;
  TextThread text(*scene.sinks, 1ms);
  text.add(record(1));
  while (!scene.any) std::this_thread::sleep_for(1ms);
  text.finish();
  CHECK(scene.numbers == std::vector<std::uint64_t>{1});
}

TEST_CASE("what the thread ends with reaches the one who adds") {
  Scene scene(10);
  TextThread text(*scene.sinks, 0ns);
  const auto add_until_thrown = [&] {
    for (std::uint64_t n = 1; n <= 20; n++) text.add(record(n));
    text.finish();
  };
  CHECK_THROWS_WITH(add_until_thrown(), "no memory");
}

TEST_CASE("a thread that is given up has ended when it is gone") {
  Scene scene(0, 1us);
  {
    TextThread text(*scene.sinks, 100ms);
    for (std::uint64_t n = 1; n <= 10; n++) text.add(record(n));
  }
  CHECK(scene.numbers.size() <= 10);
}

}  // namespace
}  // namespace rusage_bpf::text_thread_test
