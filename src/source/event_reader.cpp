#include "source/event_reader.h"

#include <bpf/libbpf.h>
#include <sys/mman.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>

#include "source/proc_image.h"

namespace rusage_bpf {
namespace {

// Without the comm where the path says more. A file that was executed by its descriptor has no name there.
std::string command_of(const std::string &path, const rusage_exec &exec) {
  const bool by_descriptor = path.starts_with("/dev/fd/");
  if (path.empty() || by_descriptor)
    return {std::begin(exec.comm), std::find(std::begin(exec.comm), std::end(exec.comm), '\0')};
  return base_name(path);
}

std::shared_ptr<const Image> image_of(const rusage_exec &exec, std::string_view text) {
  const std::string_view path = text.substr(0, exec.path_bytes);
  auto image = std::make_shared<Image>();
  image->command = command_of(std::string(path.substr(0, path.find('\0'))), exec);
  image->argv = split_arguments(text.substr(path.size(), exec.arguments_bytes));
  return image;
}

}  // namespace

void EventReader::Free::operator()(::ring_buffer *buffer) const {
  ring_buffer__free(buffer);
}

Result<std::unique_ptr<EventReader>> EventReader::open(const ::kernel_side &kernel,
                                                       bool find_images) {
  std::unique_ptr<EventReader> reader(new EventReader(kernel, find_images));
  constexpr std::size_t bytes = RUSAGE_TASK_EVENTS * sizeof(rusage_task_event);
  void *memory = mmap(nullptr, bytes, PROT_READ, MAP_SHARED, kernel.task_events, 0);
  if (memory == MAP_FAILED) return errno_error("mapping what the BPF programs tell of tasks");
  reader->list_ = std::span(static_cast<rusage_task_event *>(memory), RUSAGE_TASK_EVENTS);
  reader->buffer_.reset(ring_buffer__new(kernel.execs, add_exec, reader.get(), nullptr));
  if (!reader->buffer_) return errno_error("mapping what the BPF programs tell of execs");
  return reader;
}

EventReader::~EventReader() {
  if (!list_.empty()) munmap(list_.data(), list_.size_bytes());
}

void EventReader::read(const rusage_sample &sample) {
  for (const rusage_task_event &event : list_.first(sample.task_events)) {
    events_.tasks.push_back(event);
    const bool found =
        event.kind == RUSAGE_BORN && (event.flags & RUSAGE_PROCESS) != 0 && event.parent_span == 0;
    // Who comes back after it was hidden comes with another program.
    const bool came_back = (event.flags & RUSAGE_MOVED) != 0;
    if (found && (find_images_ || came_back))
      events_.found[event.span] = find_image(static_cast<pid_t>(event.pid));
  }
  ring_buffer__consume(buffer_.get());
  events_.births_told = sample.births;
  events_.births = *const_cast<const volatile __u64 *>(kernel_.slots_taken);
  events_.monotonic_ns = sample.monotonic_ns;
}

int EventReader::add_exec(void *self, void *record, std::size_t bytes) {
  auto &reader = *static_cast<EventReader *>(self);
  Exec exec{};
  std::memcpy(&exec.record, record, sizeof(exec.record));
  const std::string_view text(static_cast<const char *>(record) + sizeof(exec.record),
                              bytes - sizeof(exec.record));
  exec.image = image_of(exec.record, text);
  reader.events_.execs.push_back(std::move(exec));
  reader.execs_++;
  return 0;
}

void EventReader::forget_living() {
  std::erase_if(events_.tasks, [](const auto &event) { return event.kind == RUSAGE_LIVES; });
}

TaskEvents EventReader::take() {
  TaskEvents taken = std::exchange(events_, {});
  events_.births_told = taken.births_told;
  events_.births = taken.births;
  events_.monotonic_ns = taken.monotonic_ns;
  return taken;
}

}  // namespace rusage_bpf
