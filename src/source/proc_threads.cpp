#include "source/proc_threads.h"

#include <algorithm>

#include "proc/text.h"

namespace rusage_bpf {

void ProcThreads::Counters::add(const Counters &other) {
  voluntary_switches += other.voluntary_switches;
  involuntary_switches += other.involuntary_switches;
  run_delay_ns += other.run_delay_ns;
}

void ProcThreads::read(int process, proc::Reader &reader, std::uint64_t count) {
  if (count <= 1 && threads_.size() <= 1) return read_thread(process, reader, thread_at(0, pid_), true);
  const auto tids = reader.numbers_in(process, "task");
  if (!tids) return;
  for (Thread &thread : threads_) thread.listed = false;
  for (std::size_t i = 0; i < tids->size(); i++) read_thread(process, reader, thread_at(i, (*tids)[i]), false);
  std::erase_if(threads_, [this](const Thread &thread) {
    if (!thread.listed) exited_.add(thread.counters);
    return !thread.listed;
  });
}

// The list mostly has the same order as the one before, so the thread is searched at `index` first.
ProcThreads::Thread &ProcThreads::thread_at(std::size_t index, pid_t tid) {
  if (index < threads_.size() && threads_[index].tid == tid) return threads_[index];
  const auto found =
      std::find_if(threads_.begin(), threads_.end(), [tid](const Thread &thread) { return thread.tid == tid; });
  if (found != threads_.end()) return *found;
  if (tid != pid_) found_++;
  return threads_.emplace_back(Thread{.tid = tid, .listed = true, .counters = {}});
}

void ProcThreads::read_thread(int process, proc::Reader &reader, Thread &thread, bool is_only_one) {
  thread.listed = true;
  const auto read = [&](const char *file) {
    return reader.file(process, is_only_one ? file + 1 : proc::Path("task/", thread.tid, file).c_str());
  };
  const auto status_text = read("/status");
  if (const auto status = status_text ? proc::parse_status(*status_text) : std::nullopt) {
    thread.counters.voluntary_switches = status->voluntary_switches;
    thread.counters.involuntary_switches = status->involuntary_switches;
    if (status->peak_rss_bytes > 0) peak_rss_bytes_ = status->peak_rss_bytes;
    known_.set(RUSAGE_ctx_switches_voluntary).set(RUSAGE_ctx_switches_involuntary);
  }
  const auto schedstat = read("/schedstat");
  if (const auto run_delay_ns = schedstat ? proc::parse_run_delay(*schedstat) : std::nullopt) {
    thread.counters.run_delay_ns = *run_delay_ns;
    known_.set(RUSAGE_run_delay);
  }
}

ProcThreads::Counters ProcThreads::sum() const {
  Counters sum = exited_;
  for (const Thread &thread : threads_) sum.add(thread.counters);
  return sum;
}

void ProcThreads::add_children(int process, proc::Reader &reader, std::vector<pid_t> &children) const {
  for (const Thread &thread : threads_)
    if (const auto list = reader.list(process, proc::Path("task/", thread.tid, "/children").c_str()))
      proc::parse_pids(*list, children);
}

}  // namespace rusage_bpf
