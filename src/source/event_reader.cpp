#include "source/event_reader.h"

#include <bpf/libbpf.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <iterator>
#include <string>
#include <utility>

#include "model/name.h"
#include "source/proc_image.h"

namespace rusage_bpf {
namespace {

std::string up_to_zero(std::string_view text) {
  return std::string(text.substr(0, text.find('\0')));
}

// Whether the path is that of a link to an open file, whose name is a descriptor's number or "exe": fexecve and
// execveat give it, and so does a program that executes itself anew.
bool is_link_to_file(const std::string &path) {
  const std::string name = base_name(path);
  const std::string directory = path.substr(0, path.size() - name.size());
  const bool is_number = !name.empty() && name.find_first_not_of("0123456789") == std::string::npos;
  if (directory == "/dev/fd/") return is_number;
  if (!directory.starts_with("/proc/")) return false;
  return name == "exe" || (is_number && directory.ends_with("/fd/"));
}

// The comm, which is cut, only where nothing says more.
std::string command_of(const std::string &path, std::string file_name, const rusage_exec &exec) {
  const bool is_link = is_link_to_file(path);
  if (!path.empty() && !is_link) return base_name(path);
  if (is_link && !file_name.empty()) return file_name;
  return up_to_zero({std::begin(exec.comm), sizeof(exec.comm)});
}

std::shared_ptr<const Image> image_of(const rusage_exec &exec, std::string_view text) {
  const std::string_view path = text.substr(0, exec.path_bytes);
  text.remove_prefix(path.size());
  const std::string_view file_name = text.substr(0, exec.file_name_bytes);
  text.remove_prefix(file_name.size());
  auto image = std::make_shared<Image>();
  image->command = text_of_bytes(command_of(up_to_zero(path), up_to_zero(file_name), exec));
  image->argv = texts_of_bytes(split_arguments(text.substr(0, exec.arguments_bytes)));
  return image;
}

}  // namespace

void EventReader::Free::operator()(::ring_buffer *buffer) const {
  ring_buffer__free(buffer);
}

Result<std::unique_ptr<EventReader>> EventReader::open(const ::kernel_side &kernel, bool find_images) {
  std::unique_ptr<EventReader> reader(new EventReader(kernel, find_images));
  auto ring = MappedArray<const rusage_task_event>::map(kernel.task_events, RUSAGE_TASK_EVENTS);
  if (!ring) return tl::unexpected(ring.error());
  reader->ring_ = *std::move(ring);
  reader->buffer_.reset(ring_buffer__new(kernel.execs, add_exec, reader.get(), nullptr));
  if (!reader->buffer_) return errno_error("mapping what the BPF programs tell of execs");
  return reader;
}

void EventReader::read(const rusage_sample &sample, bool more_follow) {
  std::uint64_t position = *kernel_.events_read;
  for (; position != sample.task_events; position++) {
    const rusage_task_event &event = ring_.get()[position % RUSAGE_TASK_EVENTS];
    events_.tasks.push_back(event);
    const bool process = event.kind == RUSAGE_NEW && (event.flags & RUSAGE_PROCESS) != 0;
    const bool late = (event.flags & RUSAGE_LATE) != 0;
    // What comes back after it was hidden comes with another program.
    const bool came_back = (event.flags & RUSAGE_MOVED) != 0;
    if (process && (late || (event.parent_span == 0 && (find_images_ || came_back))))
      events_.found[event.span] = find_image(static_cast<pid_t>(event.pid));
  }
  std::atomic_ref(*kernel_.events_read).store(position, std::memory_order_release);
  ring_buffer__consume(buffer_.get());
  take_execs(more_follow ? sample.monotonic_ns : UINT64_MAX);
  events_.new_tasks_reported = sample.new_tasks;
  events_.new_tasks = *const_cast<const volatile __u64 *>(kernel_.slots_taken);
  events_.monotonic_ns = sample.monotonic_ns;
}

int EventReader::add_exec(void *self, void *record, std::size_t bytes) {
  auto &reader = *static_cast<EventReader *>(self);
  Exec exec{};
  std::memcpy(&exec.record, record, sizeof(exec.record));
  const std::string_view text(static_cast<const char *>(record) + sizeof(exec.record), bytes - sizeof(exec.record));
  exec.image = image_of(exec.record, text);
  reader.later_execs_.push_back(std::move(exec));
  return 0;
}

// Those of one CPU are in order; of two CPUs, the later one may come first.
void EventReader::take_execs(std::uint64_t until_ns) {
  if (later_execs_.empty()) return;
  const auto later = std::stable_partition(later_execs_.begin(), later_execs_.end(),
                                           [&](const Exec &exec) { return exec.record.time_ns <= until_ns; });
  execs_ += static_cast<std::uint64_t>(later - later_execs_.begin());
  std::move(later_execs_.begin(), later, std::back_inserter(events_.execs));
  later_execs_.erase(later_execs_.begin(), later);
}

TaskEvents EventReader::drain() {
  TaskEvents drained = std::exchange(events_, {});
  events_.new_tasks_reported = drained.new_tasks_reported;
  events_.new_tasks = drained.new_tasks;
  events_.monotonic_ns = drained.monotonic_ns;
  return drained;
}

}  // namespace rusage_bpf
