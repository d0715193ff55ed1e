// Signals that are read from a queue, instead of interrupting handlers.
#pragma once

#include <sys/signalfd.h>

#include <csignal>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>

#include "os/alarm.h"
#include "os/error.h"
#include "os/fd.h"
#include "os/group_witness.h"

namespace rusage_bpf {

struct Signal {
  int number = 0;
  int code = 0;             // si_code: SI_KERNEL, SI_USER, SI_QUEUE, ...
  pid_t sender = 0;         // 0 if it is in another pid namespace
  std::uint64_t value = 0;  // from sigqueue(3)
  // It was sent to the whole process group of the recorder.
  bool to_group = false;
  // It was ignored when the recorder started, as SIGHUP under nohup.
  bool was_ignored = false;

  [[nodiscard]] bool from_kernel() const { return code == SI_KERNEL; }
  // Whether its default action stops a process, and it can be handled: SIGTSTP, SIGTTIN, SIGTTOU.
  [[nodiscard]] bool stops() const;
};

// For example "SIGTERM" or "SIGRTMIN+3".
std::string signal_name(int number);

// Whether its default action ends a process: signal(7).
bool ends_by_default(int number);

// Stops this process, as the signal's default action does.
void act_on_stop(const Signal &signal);

class SignalQueue {
 public:
  // From now on, all signals that can be blocked are only read from this queue. Called after the fork of the command.
  // With a witness, signals to the whole process group are marked. For that, each signal from a process waits for
  // `grace_ns`.
  static Result<SignalQueue> take_all(std::optional<GroupWitness> witness);
  // The same, only for signals that would end the process and were not ignored.
  static Result<SignalQueue> take_ending();

  // Readable when `next` has something.
  [[nodiscard]] int fd() const { return events_.get(); }
  // The next received signal, if there is one.
  std::optional<Signal> next();

  // A sender that signals both the process and its group, such as timeout(1), takes no longer than this, unless it has
  // to wait for a CPU.
  static constexpr std::uint64_t grace_ns = 10'000'000;

 private:
  struct Waiting {
    Signal signal;
    std::uint64_t since_ns;
    std::uint64_t grace_over_ns = since_ns + grace_ns;
    std::optional<std::uint64_t> sender_run_ns{};  // the sender's CPU time when the grace was over first
  };

  static Result<SignalQueue> open(const sigset_t &taken, std::optional<GroupWitness> witness, const sigset_t &ignored);
  SignalQueue(Fd signals, Fd bus_signals, Alarm alarm, Fd events, std::optional<GroupWitness> witness, sigset_t ignored)
      : signals_(std::move(signals)),
        bus_signals_(std::move(bus_signals)),
        alarm_(std::move(alarm)),
        events_(std::move(events)),
        witness_(std::move(witness)),
        ignored_(ignored) {}

  void read_signals();
  void read_bus_signals();
  void add(const Signal &signal);
  void read_witness();
  void drop_stops();
  void release_waiting(std::uint64_t now_ns);
  void set_alarm(std::uint64_t now_ns);
  [[nodiscard]] bool repeats_one_to_group(const Waiting &waiting);
  [[nodiscard]] static bool may_send_more(Waiting &waiting, std::uint64_t now_ns);
  [[nodiscard]] bool anything_new() const;

  Fd signals_;
  Fd bus_signals_;
  Alarm alarm_;
  Fd events_;  // an epoll of these three and the witness
  std::optional<GroupWitness> witness_;
  sigset_t ignored_;
  std::deque<Signal> ready_;
  std::deque<Waiting> waiting_;  // for the report of the witness
  std::deque<Waiting> seen_by_witness_;
  std::deque<Waiting> sent_to_group_;  // of the last moments
  std::uint64_t asked_ns_ = 0;         // when the witness was asked last
  std::uint64_t answered_ns_ = 0;      // when it was asked the question that it answered last
};

}  // namespace rusage_bpf
