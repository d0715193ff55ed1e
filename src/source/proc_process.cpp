#include "source/proc_process.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <utility>

#include "model/reading.h"
#include "os/clock.h"
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

void raise_to(__u64 &counter, std::uint64_t value) {
  counter = std::max<__u64>(counter, value);
}

}  // namespace

std::uint64_t ProcProcess::start_ns() const {
  return ticks_to_ns(start_ticks_);
}

std::optional<ProcProcess> ProcProcess::open(int proc, pid_t pid, bool holds_directory) {
  Fd directory = proc::open_process(proc, pid);
  if (!directory) return std::nullopt;
  return ProcProcess(proc, pid, std::move(directory), holds_directory);
}

ProcProcess::ProcProcess(int proc, pid_t pid, Fd directory, bool holds_directory)
    : proc_(proc),
      pid_(pid),
      holds_directory_(holds_directory),
      directory_(std::move(directory)),
      image_(image_in(directory_.get())),
      threads_(pid) {
  clockid_t clock{};
  if (clock_getcpuclockid(pid, &clock) == 0) clock_ = clock;
}

bool ProcProcess::open_directory() {
  if (!directory_) directory_ = proc::open_process(proc_, pid_);
  return static_cast<bool>(directory_);
}

void ProcProcess::close_directory() {
  if (holds_directory_) return;
  directory_.reset();
  io_.reset();
}

// The files of a hidden process fail with the same errors as those of a process that is gone. But the status of an open
// directory can be read again when its process is gone: then the kernel has nothing to hide.
ProcProcess::State ProcProcess::set_unreadable() {
  const bool looks_gone = errno == ESRCH || errno == ENOENT;
  struct stat status {};
  const bool exists = directory_ ? fstat(directory_.get(), &status) != 0 : kill(pid_, 0) == 0 || errno == EPERM;
  if (looks_gone && !exists) return state_ = State::gone;
  denied_ = true;
  gauges_known_.reset();
  return state_ = State::hidden;
}

// One denial is not enough: nobody may read a process during its exec.
void ProcProcess::note_denials(int io_error, int descriptors_error) {
  const auto denies = [](int error) { return error == EACCES || error == EPERM; };
  denials_ = denies(io_error) || denies(descriptors_error) ? denials_ + 1 : 0;
  if (denials_ > 1) denied_ = true;
}

// Whatever a process does takes CPU time. Its clock shows that at once, or at the next scheduler tick while the process
// is on a CPU. So nothing of a process can have changed if its clock has not.
bool ProcProcess::is_idle(std::uint64_t now_ns) {
  constexpr std::uint64_t max_tick_ns = 10'000'000;
  timespec run{};
  if (!clock_ || clock_gettime(*clock_, &run) != 0) {
    run_ns_.reset();
    return false;
  }
  const std::uint64_t run_ns =
      static_cast<std::uint64_t>(run.tv_sec) * ns_per_s + static_cast<std::uint64_t>(run.tv_nsec);
  if (run_ns_ != run_ns) last_run_ns_ = now_ns;
  run_ns_ = run_ns;
  return state_ == State::live && now_ns - last_run_ns_ > max_tick_ns && denials_ != 1;
}

ProcProcess::State ProcProcess::poll(proc::Reader &reader, std::uint64_t now_ns, bool everything) {
  // The kernel may take memory from an idle process, and may reparent orphans to it.
  constexpr std::uint64_t max_unread_ns = 100'000'000;
  const bool idle = is_idle(now_ns) && !everything;
  const bool memory_is_old = now_ns - memory_read_ns_ >= max_unread_ns;
  may_have_new_children_ = !idle || memory_is_old;
  if (!may_have_new_children_) return state_;
  if (!open_directory()) return set_unreadable();
  if (idle) {
    read_memory(reader, now_ns);
    return state_;
  }
  gauges_known_.reset();
  const int descriptors_error = read_descriptors();
  // `io` comes before `stat`, which shows whether the process has reaped a child. So the I/O of a child that is reaped
  // between the two is missing until the next poll; in the other order, it would be counted twice.
  const int io_error = read_io(reader);
  const auto text = reader.file(directory_.get(), "stat");
  if (!text) return set_unreadable();
  const auto stat = proc::parse_stat(*text);
  if (!stat) return state_;
  // Without threads, it is being reaped: its parent may have its counters already.
  const bool is_another = start_ticks_ != 0 && stat->start_ticks != start_ticks_;
  if (stat->threads == 0 || is_another) return state_ = State::gone;
  comm_ = stat->comm;
  parent_ = stat->parent;
  start_ticks_ = stat->start_ticks;
  // The main thread may exit before other threads.
  const bool zombie = (stat->state == 'Z' || stat->state == 'X') && stat->threads <= 1;
  state_ = zombie ? State::zombie : State::live;
  if (zombie) status_ = stat->exit_status;
  // During an exit, nobody may open these files.
  if (stat->has_memory) note_denials(io_error, descriptors_error);
  read_counters(reader, *stat);
  if (zombie)
    gauges_known_.reset();
  else
    read_gauges(reader, stat->threads, stat->state == 'Z', now_ns);
  return state_;
}

void ProcProcess::read_counters(proc::Reader &reader, const proc::Stat &stat) {
  raise_to(usage_.minor_faults, proc::saturating_sum(stat.minor_faults, stat.reaped_minor_faults));
  raise_to(usage_.major_faults, proc::saturating_sum(stat.major_faults, stat.reaped_major_faults));
  reaped_minor_faults_ = std::max(reaped_minor_faults_, stat.reaped_minor_faults);
  for (const auto column : {RUSAGE_user, RUSAGE_system, RUSAGE_minor_faults, RUSAGE_major_faults}) known_.set(column);
  read_cpu(stat);
  threads_.read(directory_.get(), reader, stat.threads);
  known_ |= threads_.known();
  const ProcThreads::Counters own = threads_.sum();
  raise_to(usage_.ctx_switches_voluntary, own.voluntary_switches + reaped_usage_.ctx_switches_voluntary);
  raise_to(usage_.ctx_switches_involuntary, own.involuntary_switches + reaped_usage_.ctx_switches_involuntary);
  raise_to(usage_.run_delay, own.run_delay_ns + reaped_usage_.run_delay);
}

// The clock of the process has its own run time to the nanosecond. `stat` has it in clock ticks, which say how it is
// split. Reaped children have only clock ticks there, which is often less than what was polled of them.
void ProcProcess::read_cpu(const proc::Stat &stat) {
  const std::uint64_t own_ns = run_ns_.value_or(ticks_to_ns(proc::saturating_sum(stat.user_ticks, stat.system_ticks)));
  const std::uint64_t reaped_ns = ticks_to_ns(proc::saturating_sum(stat.reaped_user_ticks, stat.reaped_system_ticks));
  reaped_cpu_ns_ = std::max(reaped_cpu_ns_, reaped_ns);
  raise_to(usage_.cpu.run, proc::saturating_sum(own_ns, std::max<std::uint64_t>(reaped_ns, reaped_usage_.cpu.run)));
  raise_to(usage_.cpu.user_ticks, ticks_to_ns(proc::saturating_sum(stat.user_ticks, stat.reaped_user_ticks)));
  raise_to(usage_.cpu.system_ticks, ticks_to_ns(proc::saturating_sum(stat.system_ticks, stat.reaped_system_ticks)));
}

int ProcProcess::read_io(proc::Reader &reader) {
  if (!io_) io_.reset(openat(directory_.get(), "io", O_RDONLY | O_CLOEXEC));
  const auto text = io_ ? reader.open_file(io_.get()) : std::nullopt;
  const auto io = text ? proc::parse_io(*text) : std::nullopt;
  io_is_read_ = io.has_value();
  if (!io) return text ? 0 : errno;
  const auto set = [this](rusage_column column, __u64 &counter, std::uint64_t value) {
    raise_to(counter, value);
    known_.set(column);
  };
  set(RUSAGE_read_count, usage_.read_count, io->read_count);
  set(RUSAGE_write_count, usage_.write_count, io->write_count);
  set(RUSAGE_read_bytes, usage_.read_bytes, io->read_bytes);
  set(RUSAGE_write_bytes, usage_.write_bytes, io->write_bytes);
  set(RUSAGE_disk_read_bytes, usage_.disk_read_bytes, io->disk_read_bytes);
  set(RUSAGE_disk_write_bytes, usage_.disk_write_bytes, io->disk_write_bytes);
  return 0;
}

// If the main thread exited, its files have no memory and no descriptors. Another thread's files have those of the
// process, unless that thread has its own descriptor table.
void ProcProcess::read_gauges(proc::Reader &reader, std::uint64_t threads, bool main_thread_exited,
                              std::uint64_t now_ns) {
  live_thread_ = 0;
  if (main_thread_exited) {
    gauges_known_.reset(RUSAGE_num_fds);
    live_thread_ = proc::live_thread_without_main(directory_.get(), reader).value_or(0);
    if (live_thread_ == 0) return;
    read_descriptors(proc::Path("task/", live_thread_, "/fd").c_str());
  }
  gauges_[RUSAGE_pid_count] = 1;
  gauges_[RUSAGE_thread_count] = threads - (main_thread_exited ? 1 : 0);
  gauges_known_.set(RUSAGE_pid_count).set(RUSAGE_thread_count);
  read_memory(reader, now_ns);
}

void ProcProcess::read_memory(proc::Reader &reader, std::uint64_t now_ns) {
  memory_read_ns_ = now_ns;
  const auto text =
      reader.file(directory_.get(), live_thread_ == 0 ? "statm" : proc::Path("task/", live_thread_, "/statm").c_str());
  if (const auto statm = text ? proc::parse_statm(*text) : std::nullopt) {
    gauges_[RUSAGE_rss] = pages_to_bytes(statm->resident_pages);
    gauges_[RUSAGE_vms] = pages_to_bytes(statm->virtual_pages);
    gauges_known_.set(RUSAGE_rss).set(RUSAGE_vms);
  }
}

int ProcProcess::read_descriptors(const char *list) {
  const auto descriptors = proc::count_descriptors(directory_.get(), list);
  if (!descriptors) return errno;
  gauges_[RUSAGE_num_fds] = *descriptors;
  gauges_known_.set(RUSAGE_num_fds);
  return 0;
}

void ProcProcess::add_children(proc::Reader &reader, std::vector<pid_t> &children) {
  if (may_have_new_children_ && open_directory()) threads_.add_children(directory_.get(), reader, children);
}

void ProcProcess::set_reaped(int status, const KernelTotal &total) {
  state_ = State::reaped;
  status_ = status;
  usage_.cpu = {.run = total.value[RUSAGE_user] + total.value[RUSAGE_system],
                .user_ticks = total.value[RUSAGE_user],
                .system_ticks = total.value[RUSAGE_system]};
  // The total is finer than clock ticks.
  if (run_ns_) reaped_cpu_ns_ = usage_.cpu.run - std::min<std::uint64_t>(usage_.cpu.run, *run_ns_);
  usage_.minor_faults = total.value[RUSAGE_minor_faults];
  usage_.major_faults = total.value[RUSAGE_major_faults];
  usage_.ctx_switches_voluntary = total.value[RUSAGE_ctx_switches_voluntary];
  usage_.ctx_switches_involuntary = total.value[RUSAGE_ctx_switches_involuntary];
  known_ |= total.known;
  // The kernel's total has no I/O.
  if (!io_is_read_) denied_ = true;
}

rusage_reading ProcProcess::own_usage() const {
  return difference(usage_, reaped_usage_);
}

std::uint64_t ProcProcess::children_cpu_ns() const {
  return reaped_cpu_ns_ - std::min<std::uint64_t>(reaped_cpu_ns_, reaped_usage_.cpu.run);
}

void ProcProcess::add_reaped_usage(const rusage_reading &usage) {
  add(reaped_usage_, usage);
  usage_.run_delay += usage.run_delay;
  if (state_ == State::reaped) return;  // the kernel's total has the context switches
  usage_.ctx_switches_voluntary += usage.ctx_switches_voluntary;
  usage_.ctx_switches_involuntary += usage.ctx_switches_involuntary;
}

// A process may also change its name, but then its arguments stay the same. A zombie has no arguments.
bool ProcProcess::has_executed(bool may_be_the_same) {
  const bool first = last_comm_.empty();
  const bool renamed = std::exchange(last_comm_, comm_) != comm_;
  if (state_ != State::live || first || !(renamed || may_be_the_same)) return false;
  auto image = image_in(directory_.get());
  if (image->argv.empty() || image->argv == image_->argv) return false;
  image_ = std::move(image);
  return true;
}

}  // namespace rusage_bpf
