// Recorders that are killed at random times, and the rows in their rings. A row counts as finished when the recorder
// has written it to standard output, which is after its seal.
#include <fcntl.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <random>
#include <set>
#include <sstream>

#include "document/time.h"
#include "os/clock.h"
#include "ring/layout.h"
#include "ring/writer.h"
#include "support/background.h"
#include "support/document.h"
#include "support/mounts.h"
#include "support/ndjson.h"
#include "support/scene.h"
#include "support/storm.h"
#include "support/users.h"

namespace {

using namespace test;
using Words = std::vector<std::string>;
using Rows = nlohmann::json;  // a list

int repetitions() {
  const char *const number = std::getenv("RUSAGE_TEST_CRASHES");
  return number ? std::atoi(number) : 20;
}

// The complete rows of NDJSON.
Rows rows_of(const std::string &text) {
  return samples_of(whole_lines(text));
}

// A storm that is recorded every 1 ms until the recorder is killed.
class Crash {
 public:
  explicit Crash(Words options = {}) : random_(std::random_device()()) {
    options.insert(options.begin(), {"-q", "-i", ".001", "--ring", "ring", "-o", "-.ndjson"});
    options.emplace_back("--");
    const Words storm = board_.argv({.workers = 2, .cpu_us = 300});
    options.insert(options.end(), storm.begin(), storm.end());
    recorder_.emplace(scene_.recorder(options));
  }
  ~Crash() { end_storm(); }
  Crash(const Crash &) = delete;
  Crash &operator=(const Crash &) = delete;

  [[nodiscard]] const Scene &scene() const { return scene_; }
  std::size_t random(std::size_t least, std::size_t most) {
    return std::uniform_int_distribution<std::size_t>(least, most)(random_);
  }

  void wait_for_rows(std::size_t count) const {
    wait_until("rows", [&] { return rows_of(recorder_->output()).size() >= count; });
  }

  // At an instant that may also be before the first row, or before the ring.
  void kill_at_random() {
    usleep(static_cast<useconds_t>(random(0, 250'000)));
    kill();
  }
  // Returns when, in seconds since 1970.
  double kill() {
    const double now_s = rusage_bpf::seconds(rusage_bpf::realtime_ns());
    recorder_->send(SIGKILL);
    finished_ = rows_of(recorder_->wait().output);
    usleep(5000);  // the storm is sampled after the last row
    samples_ = sampler_.finish();
    return now_s;
  }

  // The storm too, if it is still there.
  void kill_storm() const {
    for (const auto &entry : std::filesystem::directory_iterator("/proc")) {
      const pid_t pid = std::atoi(entry.path().filename().c_str());
      if (pid > 0 && process_state(pid).parent == recorder_->pid()) ::kill(pid, SIGKILL);
    }
  }

  // The rows that the recorder had finished.
  [[nodiscard]] const Rows &finished() const { return finished_; }

  // The document that `recover` makes of the ring; nothing if there is no ring.
  [[nodiscard]] std::optional<Document> recover(const std::string &ring = "ring") const {
    const Finished run = run_to_end(
        {.argv = {built("rusage-bpf"), "recover", "-q", ring, "-o", "out.json"}, .directory = scene_.path()});
    INFO(run.errors);
    if (!scene_.exists(ring)) {
      CHECK(run.exit_code == 1);
      return std::nullopt;
    }
    REQUIRE(run.exit_code == 0);
    return Document(read_json(scene_.path("out.json")));
  }

  // Checks the rows of a ring that has not wrapped round.
  void check(const Document &document) const {
    const auto &rows = document.rows();
    // More may have been sealed: standard output is written by a thread of its own, later.
    REQUIRE(rows.size() >= finished_.size());
    for (std::size_t i = 0; i < finished_.size(); i++) REQUIRE(rows[i] == finished_[i]);
    for (std::size_t i = 1; i < rows.size(); i++)
      REQUIRE(rows[i]["elapsed"].get<double>() > rows[i - 1]["elapsed"].get<double>());
    check_writes_in_each_row(document, samples_, 0);
    const auto &meta = document.json()["meta"];
    CHECK(meta["recovered"] == true);
    CHECK(meta["rows_overwritten"] == 0);
    CHECK(meta["exit_code"].is_null());
    CHECK(document.json()["audit"]["rows_damaged"] == 0);
  }

 private:
  // It continues without its recorder, as an orphan.
  void end_storm() const { board_->stop = 1; }

  std::mt19937 random_;
  Scene scene_;
  StormBoard board_;
  Sampler sampler_{*board_};
  std::optional<Background> recorder_;
  Rows finished_;
  std::vector<Sample> samples_;
};

TEST_CASE("A recorder that is killed at any time loses no finished row") {
  std::size_t rows = 0;
  for (int i = 0; i < repetitions(); i++) {
    Crash crash;
    if (i == 0) crash.wait_for_rows(1);  // on a busy machine no other may come that far
    crash.kill_at_random();
    CAPTURE(i, crash.finished().size());
    const auto document = crash.recover();
    CHECK((document || crash.finished().empty()));
    if (!document) continue;
    crash.check(*document);
    rows += document->rows().size();
  }
  CHECK(rows > 0);
}

// With the kernel's clock, rows wait in the kernel until the recorder reads them.
TEST_CASE("A recorder that is killed loses the rows of the last ten milliseconds at most") {
  constexpr double max_row_delay_s = .01;
  constexpr double other_delays_s = .05;  // of the signal, and of a machine that does something else
  std::vector<double> lost_s;
  for (int i = 0; i < repetitions(); i++) {
    Crash crash;
    crash.wait_for_rows(1);
    usleep(static_cast<useconds_t>(crash.random(0, 50'000)));
    const double killed_s = crash.kill();
    const auto document = crash.recover();
    REQUIRE(document);
    const auto &meta = document->json()["meta"];
    CHECK(meta["clock"] == "kernel");
    const auto start_ns = rusage_bpf::from_iso_8601(meta["start"].get<std::string>());
    REQUIRE(start_ns);
    lost_s.push_back(killed_s - rusage_bpf::seconds(*start_ns) - document->rows().back()["elapsed"].get<double>());
  }
  std::sort(lost_s.begin(), lost_s.end());
  CHECK(lost_s[lost_s.size() / 2] < max_row_delay_s + other_delays_s);
}

TEST_CASE("No finished row is lost if the recorded command is killed too") {
  for (int i = 0; i < repetitions(); i++) {
    Crash crash;
    usleep(static_cast<useconds_t>(crash.random(0, 250'000)));
    crash.kill_storm();
    crash.kill();
    CAPTURE(i, crash.finished().size());
    const auto document = crash.recover();
    CHECK((document || crash.finished().empty()));
    if (document) crash.check(*document);
  }
}

TEST_CASE("No finished row is lost while others read the ring, and these readers end by themselves") {
  for (int i = 0; i < repetitions(); i++) {
    Crash crash;
    crash.wait_for_rows(1);
    Background reader(
        {.argv = {built("rusage-bpf"), "recover", "-q", "ring", "--follow"}, .directory = crash.scene().path()});
    for (std::size_t looks = crash.random(0, 3); looks > 0; looks--) {
      const auto so_far = crash.recover();
      REQUIRE(so_far);
      CHECK(so_far->json()["audit"]["rows_damaged"] == 0);
    }
    crash.kill_at_random();
    CAPTURE(i, crash.finished().size());
    const auto document = crash.recover();
    REQUIRE(document);
    crash.check(*document);
    const Finished read = reader.wait();
    CHECK(read.exit_code == 0);
    CHECK(rows_of(read.output) == document->rows());
  }
}

TEST_CASE("A ring of 16 rows keeps the newest 16, and counts the overwritten ones") {
  for (int i = 0; i < repetitions(); i++) {
    Crash crash({"--ring-rows", "16"});
    crash.wait_for_rows(crash.random(1, 60));
    crash.kill();
    const Rows &finished = crash.finished();
    CAPTURE(i, finished.size());
    const auto document = crash.recover();
    REQUIRE(document);
    const auto &rows = document->rows();
    const std::size_t overwritten = document->json()["meta"]["rows_overwritten"];
    CHECK(rows.size() == std::min<std::size_t>(16, overwritten + rows.size()));
    CHECK(overwritten + rows.size() >= finished.size());
    for (std::size_t n = overwritten; n < finished.size(); n++) REQUIRE(rows[n - overwritten] == finished[n]);
    CHECK(document->json()["audit"]["rows_damaged"] == 0);
  }
}

// Changes a byte of a file.
void damage(const std::string &path, std::size_t offset, int change) {
  const rusage_bpf::Fd file(open(path.c_str(), O_RDWR | O_CLOEXEC));
  unsigned char byte = 0;
  REQUIRE(pread(file.get(), &byte, 1, static_cast<off_t>(offset)) == 1);
  byte = static_cast<unsigned char>(byte ^ change);
  REQUIRE(pwrite(file.get(), &byte, 1, static_cast<off_t>(offset)) == 1);
}

TEST_CASE("Damaged rows are counted and left out, and all others are read") {
  Crash crash({"--ring-rows", "100"});
  crash.wait_for_rows(50);
  crash.kill();
  const auto whole = crash.recover();
  REQUIRE(whole);
  const std::string ring = crash.scene().path("ring");
  rusage_ring_header header{};
  { std::istringstream(read_file(ring)).read(reinterpret_cast<char *>(&header), sizeof(header)); }
  for (int i = 0; i < repetitions(); i++) {
    std::filesystem::copy_file(ring, crash.scene().path("damaged"), std::filesystem::copy_options::overwrite_existing);
    const std::size_t first_number = whole->json()["meta"]["rows_overwritten"];
    const std::size_t kept = whole->rows().size();
    std::set<std::size_t> hit;
    for (std::size_t n = crash.random(1, 20); n > 0; n--) {
      // A byte of a row, or for one in ten of the first header.
      const bool in_header = crash.random(0, 9) == 0;
      const std::size_t row = crash.random(0, kept - 1);
      const std::size_t offset =
          in_header ? crash.random(0, header.header_bytes - 1)
                    : rusage_bpf::slot_at(header, first_number + row) + crash.random(0, header.slot_bytes - 1);
      const std::size_t bit = crash.random(0, 7);
      // The same bit twice would be whole again.
      if (!in_header && !hit.insert(row).second) continue;
      damage(crash.scene().path("damaged"), offset, 1 << bit);
    }
    const auto document = crash.recover("damaged");
    REQUIRE(document);
    nlohmann::json expected = nlohmann::json::array();
    for (std::size_t n = 0; n < kept; n++)
      if (!hit.contains(n)) expected.push_back(whole->rows()[n]);
    // Instead of the newest, a row may be read that is older than guaranteed.
    nlohmann::json given = nlohmann::json::array();
    for (const nlohmann::json &row : document->rows())
      if (row["elapsed"] >= whole->rows().front()["elapsed"]) given.push_back(row);
    CHECK(given == expected);
    CHECK(document->json()["audit"]["rows_damaged"] == hit.size());
    CHECK(document->json()["meta"]["argv"] == whole->json()["meta"]["argv"]);
  }
}

}  // namespace
