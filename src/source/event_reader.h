// Reads the task events of the BPF programs (rusage_bpf/task_event.h).
#pragma once

#include <memory>
#include <span>

#include "model/task_events.h"
#include "os/error.h"
#include "source/kernel_side.h"
#include "source/mapped_array.h"

struct ring_buffer;

namespace rusage_bpf {

class EventReader {
 public:
  // `find_images`: what a process executes that was neither born nor executed anything while we looked is read from
  // /proc.
  static Result<std::unique_ptr<EventReader>> open(const ::kernel_side &kernel, bool find_images);
  EventReader(const EventReader &) = delete;
  EventReader &operator=(const EventReader &) = delete;
  ~EventReader() = default;

  // What has happened up to the tick that left `sample`. To be called for each, in order. Where samples follow that
  // were taken already, execs after this one are left for them.
  void read(const rusage_sample &sample, bool more_follow);
  // How many execs were read so far.
  [[nodiscard]] std::uint64_t execs() const { return execs_; }
  // All that was read since this was asked last.
  TaskEvents drain();

 private:
  explicit EventReader(const ::kernel_side &kernel, bool find_images) : kernel_(kernel), find_images_(find_images) {}
  void take_execs(std::uint64_t until_ns);
  static int add_exec(void *self, void *record, std::size_t bytes);

  struct Free {
    void operator()(::ring_buffer *buffer) const;
  };

  const ::kernel_side &kernel_;
  bool find_images_;
  MappedArray<const rusage_task_event> ring_;
  std::unique_ptr<::ring_buffer, Free> buffer_;
  std::vector<Exec> later_execs_;  // than the samples so far
  std::uint64_t execs_ = 0;
  TaskEvents events_;
};

}  // namespace rusage_bpf
