// Makes the text of rows and process records, in a thread at normal priority: the recording thread, which may have
// real-time priority, only puts them into a queue.
#pragma once

#include <chrono>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <thread>
#include <variant>
#include <vector>

#include "model/process.h"
#include "model/row.h"
#include "output/sinks.h"

namespace rusage_bpf {

class TextThread {
 public:
  // The thread takes what has gathered each time that so long has passed; 0: each record at once. Nobody else uses the
  // sinks until `finish`.
  TextThread(Sinks &sinks, std::chrono::nanoseconds gather);

  // Where a thread could not be started, or is far behind, the caller makes the text. Throws what the thread has ended
  // with.
  void add(std::variant<Row, Process> record);

  // Returns once the sinks have everything. The thread has ended then.
  void finish();

 private:
  static constexpr std::size_t most_waiting = 4096;

  // How many records wake the thread early. One wake-up costs more than many records.
  [[nodiscard]] std::size_t worth_waking() const { return gather_.count() > 0 ? most_waiting / 2 : 1; }
  void run(const std::stop_token &stop) noexcept;
  void pass_on();

  Sinks &sinks_;
  std::chrono::nanoseconds gather_;

  std::mutex sinks_mutex_;  // taken before the other
  std::vector<std::variant<Row, Process>> taken_;

  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::vector<std::variant<Row, Process>> waiting_;  // keeps its capacity, so that a row allocates nothing
  std::exception_ptr failure_;

  std::jthread thread_;  // the last, so that it ends first
};

}  // namespace rusage_bpf
