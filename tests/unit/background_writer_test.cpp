#include "output/background_writer.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>
#include <filesystem>
#include <thread>

#include "output/spool.h"
#include "support/background.h"
#include "support/process.h"

namespace {

using namespace rusage_bpf;
using test::wait_until;

BackgroundWriters create_writers() {
  auto writers = BackgroundWriters::create();
  REQUIRE(writers);
  return *std::move(writers);
}

std::unique_ptr<Output> add(BackgroundWriters &writers, const std::string &path) {
  auto file = OutputFile::create(path);
  REQUIRE(file);
  auto output = writers.add(*std::move(file));
  REQUIRE(output);
  return *std::move(output);
}

void wait_for_end(const BackgroundWriters &writers) {
  wait_until("the writers' end", [&] {
    const auto waiting = writers.waiting();
    return waiting.files == 0 && waiting.streams == 0;
  });
}

std::string text_of(int lines) {
  std::string text;
  for (int i = 0; i < lines; i++) text += fmt::format("line {}\n", i);
  return text;
}

// Standard output is a pipe of the test's.
class Pipe {
 public:
  Pipe() : before_(fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0)) {
    std::array<int, 2> ends{};
    REQUIRE(pipe2(ends.data(), O_CLOEXEC) == 0);
    read_end.reset(ends[0]);
    const Fd write_end(ends[1]);
    REQUIRE(dup2(write_end.get(), STDOUT_FILENO) == STDOUT_FILENO);
  }
  ~Pipe() { restore(); }
  Pipe(const Pipe &) = delete;
  Pipe &operator=(const Pipe &) = delete;
  void restore() {
    if (before_) dup2(before_.get(), STDOUT_FILENO);
    before_.reset();
  }

  Fd read_end;

 private:
  Fd before_;
};

}  // namespace

TEST_CASE("A spool returns its bytes in order, while more are added") {
  constexpr int lines = 400'000;
  const std::string expected = text_of(lines);
  Spool spool;
  std::string taken;
  bool was_in_file = false;
  std::thread taker([&] {
    while (taken.size() < expected.size()) {
      auto part = spool.take();
      if (!part) break;
      taken += *part;
    }
  });
  for (int i = 0; i < lines; i++) {
    if (!spool.write(fmt::format("line {}\n", i))) break;
    was_in_file = was_in_file || spool.in_file();
  }
  taker.join();
  CHECK((taken == expected));
  CHECK(spool.empty());
  // One that is not read at the same time.
  REQUIRE(spool.write(expected));
  CHECK(spool.in_file());
  std::string later;
  for (auto part = spool.take(); part && !part->empty(); part = spool.take()) later += *part;
  CHECK((later == expected));
  CHECK_FALSE(spool.in_file());
}

TEST_CASE("All bytes that a background writer got are in its file, in order, when it has ended") {
  const test::TemporaryDirectory directory;
  auto writers = create_writers();
  auto output = add(writers, directory.file("out.json"));
  auto in_between = std::make_unique<Spool>();
  REQUIRE(in_between->write(text_of(200'000)));
  REQUIRE(output->write(text_of(100'000)));
  REQUIRE(output->write(std::move(in_between)));
  REQUIRE(output->write("the end\n"));
  REQUIRE(output->commit());
  output.reset();
  wait_for_end(writers);
  CHECK(writers.take_errors().empty());
  CHECK((test::read_file(directory.file("out.json")) == text_of(100'000) + text_of(200'000) + "the end\n"));
}

TEST_CASE("A background writer that is destroyed before its end leaves no file") {
  const test::TemporaryDirectory directory;
  auto writers = create_writers();
  auto output = add(writers, directory.file("out.json"));
  if (GENERATE(false, true)) {
    REQUIRE(output->write("text\n"));
    REQUIRE(output->flush());
  }
  output.reset();
  wait_for_end(writers);
  CHECK(std::filesystem::is_empty(directory.path()));
  CHECK(writers.take_errors().empty());
}

TEST_CASE("A background writer reports its error once") {
  auto writers = create_writers();
  auto output = add(writers, "/dev/full");
  CHECK(writers.any_left());
  REQUIRE(output->write("text\n"));
  REQUIRE(output->flush());
  wait_until("the failure", [&] { return !writers.any_left(); });
  if (GENERATE(false, true)) {
    const auto written = output->write("text\n");
    REQUIRE_FALSE(written);
    CHECK(written.error().errno_value == ENOSPC);
    CHECK(written.error().message == "/dev/full: No space left on device");
  } else {
    const auto errors = writers.take_errors();
    REQUIRE(errors.size() == 1);
    CHECK(errors.at(0).errno_value == ENOSPC);
  }
  CHECK(writers.take_errors().empty());
}

TEST_CASE("A reader that closes its pipe is noticed without a write") {
  Pipe pipe;
  auto writers = create_writers();
  auto output = add(writers, "-");
  pipe.restore();
  REQUIRE(output->write("text\n"));
  REQUIRE(output->flush());
  std::array<char, 5> text{};
  REQUIRE(read(pipe.read_end.get(), text.data(), text.size()) == 5);
  CHECK(writers.any_left());
  pipe.read_end.reset();
  pollfd event{writers.fd(), POLLIN, 0};
  REQUIRE(poll(&event, 1, test::milliseconds_to(test::patience())) == 1);
  CHECK_FALSE(writers.any_left());
  const auto errors = writers.take_errors();
  REQUIRE(errors.size() == 1);
  CHECK(errors.at(0).errno_value == EPIPE);
}

TEST_CASE("A stream that is not read can be given up, but a file is always finished") {
  const test::TemporaryDirectory directory;
  Pipe pipe;
  auto writers = create_writers();
  auto stalled = add(writers, "-");
  pipe.restore();
  auto file = add(writers, directory.file("out.json"));
  for (const auto &output : {stalled.get(), file.get()}) {
    REQUIRE(output->write(text_of(100'000)));
    REQUIRE(output->commit());
  }
  wait_until("the file's end", [&] { return writers.waiting().files == 0; });
  CHECK(writers.waiting().streams == 1);
  writers.give_up_streams();
  CHECK(writers.waiting().streams == 0);
  CHECK(writers.take_errors().size() == 1);
  CHECK((test::read_file(directory.file("out.json")) == text_of(100'000)));
  // Its thread ends too.
  pipe.read_end.reset();
}
