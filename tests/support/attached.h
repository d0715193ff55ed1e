// Attached recorders, and targets for them.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "os/fd.h"
#include "support/background.h"
#include "support/document.h"
#include "support/scene.h"

namespace test {

// Whether a recorder has written its first row: after that, it sets its timer.
bool is_recording(pid_t recorder);

// The recorder of a process, with -q, to out.json in the scene.
Start attached(const Scene &scene, pid_t pid, std::vector<std::string> options = {});

// The same in the background, also to rows.ndjson. Returns after the first row.
class AttachedRecorder {
 public:
  AttachedRecorder(const Scene &scene, pid_t pid, const std::vector<std::string> &options = {})
      : AttachedRecorder(scene, attached(scene, pid, with_rows(options))) {}
  AttachedRecorder(const Scene &scene, const Start &start);

  [[nodiscard]] const Background &process() const { return process_; }
  void send(int signal) const { process_.send(signal); }
  // Waits for a row that was sampled after this call.
  void pass_row() const;
  // Waits for its end, which must be exit status 0 without messages. Returns its document, which must have this reason
  // for the end.
  Document finish(const std::string &ended_by);

 private:
  static std::vector<std::string> with_rows(std::vector<std::string> options);

  std::string path_, rows_path_;
  Background process_;
};

Document read_document(const Scene &scene);

// A workload that reads standard input, which stays open until `end`.
class Listener {
 public:
  // `argv` starts with the workload's name. The workload writes "ready" first.
  Listener(const Scene &scene, const std::vector<std::string> &argv);

  [[nodiscard]] pid_t pid() const { return process_->pid(); }
  [[nodiscard]] std::string output() const { return process_->output(); }
  void tell() const;  // one byte
  Finished end();

 private:
  rusage_bpf::Fd input_;
  std::optional<Background> process_;
};

}  // namespace test
