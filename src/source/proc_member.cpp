#include "source/proc_member.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <utility>

#include "model/reading.h"
#include "os/clock.h"
#include "proc/text.h"
#include "source/proc_image.h"

namespace rusage_bpf {
namespace {

std::uint64_t ticks_to_ns(std::uint64_t ticks) {
  static const auto tick_ns = ns_per_s / static_cast<std::uint64_t>(sysconf(_SC_CLK_TCK));
  return proc::saturating_product(ticks, tick_ns);
}

std::uint64_t pages_to_bytes(std::uint64_t pages) {
  static const auto page_bytes = static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
  return proc::saturating_product(pages, page_bytes);
}

void raise_to(__u64 &figure, std::uint64_t seen) {
  figure = std::max<__u64>(figure, seen);
}

}  // namespace

std::uint64_t ProcMember::start_ns() const {
  return ticks_to_ns(start_ticks_);
}

std::optional<ProcMember> ProcMember::open(int proc, pid_t pid, bool holds_directory) {
  Fd directory = proc::open_process(proc, pid);
  if (!directory) return std::nullopt;
  return ProcMember(proc, pid, std::move(directory), holds_directory);
}

ProcMember::ProcMember(int proc, pid_t pid, Fd directory, bool holds_directory)
    : proc_(proc),
      pid_(pid),
      holds_directory_(holds_directory),
      directory_(std::move(directory)),
      image_(image_in(directory_.get())) {
  clockid_t clock{};
  if (clock_getcpuclockid(pid, &clock) == 0) clock_ = clock;
  over_.seen = true;
}

bool ProcMember::open_directory() {
  if (!directory_) directory_ = proc::open_process(proc_, pid_);
  return static_cast<bool>(directory_);
}

void ProcMember::close_directory() {
  if (holds_directory_) return;
  directory_.reset();
  io_.reset();
}

// With the directory held, no other process is taken for this one. What /proc hides looks like what is gone; but of
// what is gone the kernel has nothing left to hide, and the directory can be asked for its status again.
ProcMember::State ProcMember::cannot_be_read() {
  const bool looks_gone = errno == ESRCH || errno == ENOENT;
  struct stat status {};
  const bool is_there = directory_ ? fstat(directory_.get(), &status) != 0 : kill(pid_, 0) == 0 || errno == EPERM;
  if (looks_gone && !is_there) return state_ = State::gone;
  denied_ = true;
  gauges_known_.reset();
  return state_ = State::hidden;
}

// A process is nobody's to read while it executes something; so once is not enough.
void ProcMember::note_denials(int io_error, int descriptors_error) {
  const auto denies = [](int error) { return error == EACCES || error == EPERM; };
  denials_ = denies(io_error) || denies(descriptors_error) ? denials_ + 1 : 0;
  if (denials_ > 1) denied_ = true;
}

// Whatever a process does takes run time, which its clock tells at once or, while it is on a CPU, at the next tick. A
// process whose clock stands still has done nothing.
bool ProcMember::rests(std::uint64_t now_ns) {
  constexpr std::uint64_t longest_tick_ns = 10'000'000;
  timespec run{};
  if (!clock_ || clock_gettime(*clock_, &run) != 0) {
    run_ns_.reset();
    return false;
  }
  const std::uint64_t run_ns =
      static_cast<std::uint64_t>(run.tv_sec) * ns_per_s + static_cast<std::uint64_t>(run.tv_nsec);
  if (run_ns_ != run_ns) last_run_ns_ = now_ns;
  run_ns_ = run_ns;
  return state_ == State::lives && now_ns - last_run_ns_ > longest_tick_ns && denials_ != 1;
}

ProcMember::State ProcMember::look(proc::Reader &reader, std::uint64_t now_ns, bool all) {
  // Memory may be taken away from it even then, and orphans be given to it.
  constexpr std::uint64_t longest_unseen_ns = 100'000'000;
  const bool resting = rests(now_ns) && !all;
  others_may_have_changed_it_ = !resting || now_ns - memory_read_ns_ >= longest_unseen_ns;
  if (resting && !others_may_have_changed_it_) return state_;
  if (!open_directory()) return cannot_be_read();
  if (resting) {
    read_memory(reader, now_ns);
    return state_;
  }
  gauges_known_.reset();
  const int descriptors_error = read_descriptors();
  // First what does not tell whom this one has waited for: who is waited for between the two reads is missing in this
  // look then. The other way round it would be there twice.
  const int io_error = read_io(reader);
  const auto text = reader.file(directory_.get(), "stat");
  if (!text) return cannot_be_read();
  const auto stat = proc::parse_stat(*text);
  if (!stat) return state_;
  // It is being waited for right now: its figures may be its parent's already. Or another process has its number.
  const bool is_another = start_ticks_ != 0 && stat->start_ticks != start_ticks_;
  if (stat->threads == 0 || is_another) return state_ = State::gone;
  comm_ = stat->comm;
  parent_ = stat->parent;
  start_ticks_ = stat->start_ticks;
  // The main thread of a process may be over before the others.
  const bool over = (stat->state == 'Z' || stat->state == 'X') && stat->threads <= 1;
  state_ = over ? State::over : State::lives;
  if (over) status_ = stat->exit_status;
  // At a process's end these files are nobody's to open, which is no loss to anybody.
  if (stat->has_memory) note_denials(io_error, descriptors_error);

  raise_to(used_.minor_faults, proc::saturating_sum(stat->minor_faults, stat->reaped_minor_faults));
  raise_to(used_.major_faults, proc::saturating_sum(stat->major_faults, stat->reaped_major_faults));
  reaped_minor_faults_ = std::max(reaped_minor_faults_, stat->reaped_minor_faults);
  for (const auto column : {RUSAGE_user, RUSAGE_system, RUSAGE_minor_faults, RUSAGE_major_faults}) known_.set(column);
  const std::uint64_t threads = stat->threads;
  const bool main_thread_is_over = stat->state == 'Z' && !over;
  read_cpu(stat->user_ticks, stat->system_ticks, stat->reaped_user_ticks, stat->reaped_system_ticks);
  read_threads(reader, threads);
  if (over) {
    gauges_known_.reset();
    return state_;
  }
  live_thread_ = 0;
  if (main_thread_is_over) read_gauges_of_thread(reader);
  if (main_thread_is_over && live_thread_ == 0) return state_;
  gauges_[RUSAGE_pid_count] = 1;
  gauges_[RUSAGE_thread_count] = threads - (main_thread_is_over ? 1 : 0);
  gauges_known_.set(RUSAGE_pid_count).set(RUSAGE_thread_count);
  read_memory(reader, now_ns);
  return state_;
}

// The process's own clock has the run time that the scheduler keeps, to the nanosecond; the file has it in ticks, which
// tell how it is split. What was waited for is there in ticks alone: often less than was seen of it.
void ProcMember::read_cpu(std::uint64_t user_ticks, std::uint64_t system_ticks, std::uint64_t reaped_user_ticks,
                          std::uint64_t reaped_system_ticks) {
  const std::uint64_t own_ns = run_ns_.value_or(ticks_to_ns(proc::saturating_sum(user_ticks, system_ticks)));
  const std::uint64_t reaped_ns = ticks_to_ns(proc::saturating_sum(reaped_user_ticks, reaped_system_ticks));
  reaped_cpu_ns_ = std::max(reaped_cpu_ns_, reaped_ns);
  raise_to(used_.cpu.run, proc::saturating_sum(own_ns, std::max<std::uint64_t>(reaped_ns, inherited_.cpu.run)));
  raise_to(used_.cpu.user_ticks, ticks_to_ns(proc::saturating_sum(user_ticks, reaped_user_ticks)));
  raise_to(used_.cpu.system_ticks, ticks_to_ns(proc::saturating_sum(system_ticks, reaped_system_ticks)));
}

int ProcMember::read_io(proc::Reader &reader) {
  if (!io_) io_.reset(openat(directory_.get(), "io", O_RDONLY | O_CLOEXEC));
  const auto text = io_ ? reader.open_file(io_.get()) : std::nullopt;
  const auto io = text ? proc::parse_io(*text) : std::nullopt;
  io_is_read_ = io.has_value();
  if (!io) return text ? 0 : errno;
  const auto set = [this](rusage_column column, __u64 &figure, std::uint64_t seen) {
    raise_to(figure, seen);
    known_.set(column);
  };
  set(RUSAGE_read_count, used_.read_count, io->read_count);
  set(RUSAGE_write_count, used_.write_count, io->write_count);
  set(RUSAGE_read_bytes, used_.read_bytes, io->read_bytes);
  set(RUSAGE_write_bytes, used_.write_bytes, io->write_bytes);
  set(RUSAGE_disk_read_bytes, used_.disk_read_bytes, io->disk_read_bytes);
  set(RUSAGE_disk_write_bytes, used_.disk_write_bytes, io->disk_write_bytes);
  return 0;
}

// Threads come in the order of the look before, most often.
ProcMember::Thread &ProcMember::thread_at(std::size_t index, pid_t tid) {
  if (index < threads_.size() && threads_[index].tid == tid) return threads_[index];
  const auto found =
      std::find_if(threads_.begin(), threads_.end(), [tid](const Thread &thread) { return thread.tid == tid; });
  if (found != threads_.end()) return *found;
  if (tid != pid_) threads_found_++;
  return threads_.emplace_back(Thread{.tid = tid});
}

void ProcMember::read_threads(proc::Reader &reader, std::uint64_t count) {
  const bool alone = count <= 1 && threads_.size() <= 1;
  if (alone) {
    read_thread(reader, thread_at(0, pid_), true);
  } else {
    const auto tids = reader.numbers_in(directory_.get(), "task");
    if (!tids) return;
    for (Thread &thread : threads_) thread.seen = false;
    for (std::size_t i = 0; i < tids->size(); i++) read_thread(reader, thread_at(i, (*tids)[i]), false);
    std::erase_if(threads_, [this](const Thread &thread) {
      if (thread.seen) return false;
      over_.voluntary += thread.voluntary;
      over_.involuntary += thread.involuntary;
      over_.run_delay_ns += thread.run_delay_ns;
      return true;
    });
  }
  Thread all = over_;
  for (const Thread &thread : threads_) {
    all.voluntary += thread.voluntary;
    all.involuntary += thread.involuntary;
    all.run_delay_ns += thread.run_delay_ns;
  }
  raise_to(used_.ctx_switches_voluntary, all.voluntary + inherited_.ctx_switches_voluntary);
  raise_to(used_.ctx_switches_involuntary, all.involuntary + inherited_.ctx_switches_involuntary);
  raise_to(used_.run_delay, all.run_delay_ns + inherited_.run_delay);
}

void ProcMember::read_thread(proc::Reader &reader, Thread &thread, bool alone) {
  thread.seen = true;
  const auto read = [&](const char *file) {
    return reader.file(directory_.get(), alone ? file + 1 : proc::Path("task/", thread.tid, file).c_str());
  };
  const auto status_text = read("/status");
  if (const auto status = status_text ? proc::parse_status(*status_text) : std::nullopt) {
    thread.voluntary = status->voluntary_switches;
    thread.involuntary = status->involuntary_switches;
    if (status->peak_rss_bytes > 0) peak_rss_bytes_ = status->peak_rss_bytes;
    known_.set(RUSAGE_ctx_switches_voluntary).set(RUSAGE_ctx_switches_involuntary);
  }
  const auto schedstat = read("/schedstat");
  if (const auto run_delay_ns = schedstat ? proc::parse_run_delay(*schedstat) : std::nullopt) {
    thread.run_delay_ns = *run_delay_ns;
    known_.set(RUSAGE_run_delay);
  }
}

void ProcMember::read_memory(proc::Reader &reader, std::uint64_t now_ns) {
  memory_read_ns_ = now_ns;
  const auto text =
      reader.file(directory_.get(), live_thread_ == 0 ? "statm" : proc::Path("task/", live_thread_, "/statm").c_str());
  if (const auto statm = text ? proc::parse_statm(*text) : std::nullopt) {
    gauges_[RUSAGE_rss] = pages_to_bytes(statm->resident_pages);
    gauges_[RUSAGE_vms] = pages_to_bytes(statm->virtual_pages);
    gauges_known_.set(RUSAGE_rss).set(RUSAGE_vms);
  }
}

int ProcMember::read_descriptors() {
  const auto descriptors = proc::count_descriptors(directory_.get());
  if (!descriptors) return errno;
  gauges_[RUSAGE_num_fds] = *descriptors;
  gauges_known_.set(RUSAGE_num_fds);
  return 0;
}

// The main thread's files show nothing of what its process has. What another thread shows is the process's as well,
// unless it has descriptors of its own.
void ProcMember::read_gauges_of_thread(proc::Reader &reader) {
  gauges_known_.reset(RUSAGE_num_fds);
  const auto tid = proc::live_thread_without_main(directory_.get(), reader);
  if (!tid) return;
  live_thread_ = *tid;
  const auto descriptors = proc::count_descriptors(directory_.get(), proc::Path("task/", *tid, "/fd").c_str());
  if (!descriptors) return;
  gauges_[RUSAGE_num_fds] = *descriptors;
  gauges_known_.set(RUSAGE_num_fds);
}

void ProcMember::add_children(proc::Reader &reader, std::vector<pid_t> &children) {
  if (!others_may_have_changed_it_ || !open_directory()) return;
  for (const Thread &thread : threads_)
    if (const auto list = reader.list(directory_.get(), proc::Path("task/", thread.tid, "/children").c_str()))
      proc::parse_pids(*list, children);
}

void ProcMember::end(int status, const KernelTotal &total) {
  state_ = State::reaped;
  status_ = status;
  used_.cpu = {.run = total.value[RUSAGE_user] + total.value[RUSAGE_system],
               .user_ticks = total.value[RUSAGE_user],
               .system_ticks = total.value[RUSAGE_system]};
  // The total is finer than clock ticks.
  if (run_ns_) reaped_cpu_ns_ = used_.cpu.run - std::min<std::uint64_t>(used_.cpu.run, *run_ns_);
  used_.minor_faults = total.value[RUSAGE_minor_faults];
  used_.major_faults = total.value[RUSAGE_major_faults];
  used_.ctx_switches_voluntary = total.value[RUSAGE_ctx_switches_voluntary];
  used_.ctx_switches_involuntary = total.value[RUSAGE_ctx_switches_involuntary];
  known_ |= total.known;
  // Whoever else waits for a process gets its I/O from the kernel.
  if (!io_is_read_) denied_ = true;
}

rusage_reading ProcMember::own() const {
  return difference(used_, inherited_);
}

std::uint64_t ProcMember::children_cpu_ns() const {
  return reaped_cpu_ns_ - std::min<std::uint64_t>(reaped_cpu_ns_, inherited_.cpu.run);
}

void ProcMember::inherit(const rusage_reading &theirs) {
  add(inherited_, theirs);
  used_.run_delay += theirs.run_delay;
  if (state_ == State::reaped) return;  // the kernel's own total has the switches
  used_.ctx_switches_voluntary += theirs.ctx_switches_voluntary;
  used_.ctx_switches_involuntary += theirs.ctx_switches_involuntary;
}

// A process may change its name as well, and then its command line stays. That of a zombie is gone.
bool ProcMember::has_executed(bool maybe_of_the_same_name) {
  const bool first = told_comm_.empty();
  const bool renamed = std::exchange(told_comm_, comm_) != comm_;
  if (state_ != State::lives || first || !(renamed || maybe_of_the_same_name)) return false;
  auto image = image_in(directory_.get());
  if (image->argv.empty() || image->argv == image_->argv) return false;
  image_ = std::move(image);
  return true;
}

}  // namespace rusage_bpf
