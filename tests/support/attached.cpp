#include "support/attached.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <stdexcept>

#include "support/ndjson.h"

namespace test {

bool is_recording(pid_t recorder) {
  // fdinfo shows a timer that was set with TFD_TIMER_ABSTIME.
  std::error_code gone;
  for (const auto &entry : std::filesystem::directory_iterator(fmt::format("/proc/{}/fdinfo", recorder), gone)) {
    std::ifstream file(entry.path());
    for (std::string line; std::getline(file, line);)
      if (line == "settime flags: 01") return true;
  }
  return false;
}

Start attached(const Scene &scene, pid_t pid, std::vector<std::string> options) {
  options.insert(options.begin(), {"-q", "-o", "out.json", "--pid", std::to_string(pid)});
  return scene.recorder(std::move(options));
}

AttachedRecorder::AttachedRecorder(const Scene &scene, const Start &start)
    : path_(scene.path("out.json")), rows_path_(scene.path("rows.ndjson")), process_(start) {
  wait_until("the first row", [this] {
    if (process_state(process_.pid()).state == 'Z')
      throw std::runtime_error("the recorder has ended: " + process_.errors());
    return is_recording(process_.pid());
  });
}

std::vector<std::string> AttachedRecorder::with_rows(std::vector<std::string> options) {
  options.insert(options.end(), {"-o", "rows.ndjson"});
  return options;
}

void AttachedRecorder::pass_row() const {
  test::pass_row(rows_path_);
}

Document AttachedRecorder::finish(const std::string &ended_by) {
  const Finished finished = process_.wait();
  CHECK(finished.exit_code == 0);
  CHECK(finished.errors.empty());
  Document document(read_json(path_));
  CHECK(document.json()["meta"]["ended_by"] == ended_by);
  CHECK(document.json()["meta"]["rows"] == document.rows().size());
  return document;
}

Document read_document(const Scene &scene) {
  return Document(read_json(scene.path("out.json")));
}

Listener::Listener(const Scene &scene, const std::vector<std::string> &argv) {
  const std::string path = scene.path(argv.front() + "-input");
  if (mkfifo(path.c_str(), 0600) != 0) throw std::runtime_error("mkfifo " + path);
  // Both ends, so that opening one of them does not block.
  input_.reset(open(path.c_str(), O_RDWR | O_CLOEXEC));
  Start start{.argv = argv, .prepare = [&] { redirect(STDIN_FILENO, path, O_RDONLY); }};
  start.argv[0] = built("tests/programs/" + argv.front());
  process_.emplace(start);
  wait_until(argv.front(), [this] { return output() == "ready\n"; });
}

void Listener::tell() const {
  if (write(input_.get(), "\n", 1) != 1) throw std::runtime_error("writing to a FIFO");
}

Finished Listener::end() {
  input_.reset();
  return process_->wait();
}

}  // namespace test
