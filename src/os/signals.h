// Signals as something to read from, instead of handlers that interrupt.
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
  pid_t sender = 0;         // 0 where it is in no namespace of ours
  std::uint64_t value = 0;  // what sigqueue() sent with it
  // It was sent to each process of our process group, and so reached those without us.
  bool to_group = false;
  // It was ignored before we took it, as SIGHUP is under nohup.
  bool was_ignored = false;

  [[nodiscard]] bool from_kernel() const { return code == SI_KERNEL; }
  // Whether it stops a process that does nothing about it: SIGTSTP, SIGTTIN, SIGTTOU.
  [[nodiscard]] bool stops() const;
};

// "SIGTERM", "SIGRTMIN+3".
std::string signal_name(int number);

// Whether it ends a process that does nothing about it: signal(7).
bool ends_by_default(int number);

// Stops us, as the default action of the signal does.
void act_on_stop(const Signal &signal);

class SignalQueue {
 public:
  // From now on every signal that can be taken acts on us through this queue alone. Call it after
  // forking. With a witness, signals that were sent to our whole process group are marked as such, for
  // which each signal from a process waits `grace_ns`.
  static Result<SignalQueue> take_all(std::optional<GroupWitness> witness);
  // The same for the signals that would end us, less those that were ignored.
  static Result<SignalQueue> take_ending();

  // Readable when `next` is to be called.
  [[nodiscard]] int fd() const { return events_.get(); }
  // The next signal that has come, if any.
  std::optional<Signal> next();

  // Whoever signals both us and our group, as timeout(1) does, takes no longer than this.
  static constexpr std::uint64_t grace_ns = 10'000'000;

 private:
  struct Waiting {
    Signal signal;
    std::uint64_t since_ns;
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
  void forget_stops();
  void settle(std::uint64_t now_ns);
  void set_alarm(std::uint64_t now_ns);
  [[nodiscard]] bool anything_new() const;

  Fd signals_;
  Fd bus_signals_;
  Alarm alarm_;
  Fd events_;  // an epoll of these three and the witness
  std::optional<GroupWitness> witness_;
  sigset_t ignored_;
  std::deque<Signal> ready_;
  std::deque<Waiting> waiting_;  // for what the witness says
  std::deque<Waiting> seen_by_witness_;
  std::uint64_t asked_ns_ = 0;     // when the witness was asked last
  std::uint64_t answered_ns_ = 0;  // when it was asked what it has answered last
};

}  // namespace rusage_bpf
