#include "truth.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <charconv>
#include <exception>
#include <string>

namespace workload {
namespace {

constexpr int first_number = 2;  // argv[1] is the truth file
constexpr std::size_t truth_bytes = 1024;

struct IoCounts {
  std::uint64_t syscr, syscw, rchar, wchar;
};

std::uint64_t io_field(std::string_view text, std::string_view name) {
  const std::size_t at = text.find(name);
  if (at == std::string_view::npos) fail("/proc/self/io lacks a field", 0);
  const char *digits = text.data() + at + name.size();
  std::uint64_t value = 0;
  if (std::from_chars(digits, text.data() + text.size(), value).ec != std::errc{})
    fail("/proc/self/io holds no number", 0);
  return value;
}

// The calling process, its exited threads and its reaped children. The kernel counts a read when it is done: the bytes
// of this read are not in the text that it returns, and are added here.
IoCounts own_io() {
  const FileDescriptor file = open_file("/proc/self/io", O_RDONLY);
  char buffer[1024];
  const ssize_t bytes = read(file.get(), buffer, sizeof buffer);
  if (bytes <= 0) fail("read /proc/self/io");
  const std::string_view text(buffer, static_cast<std::size_t>(bytes));
  return {.syscr = io_field(text, "syscr: ") + 1,
          .syscw = io_field(text, "syscw: "),
          .rchar = io_field(text, "rchar: ") + text.size(),
          .wchar = io_field(text, "wchar: ")};
}

std::uint64_t microseconds(const timeval &time) {
  return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000 + static_cast<std::uint64_t>(time.tv_usec);
}

template <typename Number>
Number parse(std::string_view text, Number most) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || !(value >= 0 && value <= most))
    fail("an argument is not a number in its range", 0);
  return value;
}

FileDescriptor open_truth_file(int argc, char **argv, int most_numbers) {
  if (argc < first_number || argc > first_number + most_numbers) fail("usage: WORKLOAD TRUTH_FILE [N...]", 0);
  return open_file(argv[1], O_WRONLY | O_CREAT | O_TRUNC);
}

// std::thread and std::vector throw: an error like any other.
[[noreturn]] void fail_with_exception() {
  try {
    if (const auto exception = std::current_exception()) std::rethrow_exception(exception);
  } catch (const std::exception &error) {
    fail(error.what(), 0);
  } catch (...) {
  }
  fail("terminated", 0);
}

}  // namespace

void Unreaped::report_and_exit() {
  const IoCounts io = own_io();
  syscr += io.syscr;
  syscw += io.syscw;
  rchar += io.rchar;
  wchar += io.wchar;
  processes += 1;
  rusage usage{};
  if (getrusage(RUSAGE_SELF, &usage) != 0) fail("getrusage");
  cpu_us += microseconds(usage.ru_utime) + microseconds(usage.ru_stime);
  minor_faults += static_cast<std::uint64_t>(usage.ru_minflt);
  voluntary += static_cast<std::uint64_t>(usage.ru_nvcsw);
  involuntary += static_cast<std::uint64_t>(usage.ru_nivcsw);
  _exit(0);
}

Workload::Workload(int argc, char **argv, int most_numbers)
    : argc_(argc), argv_(argv), truth_file_(open_truth_file(argc, argv, most_numbers)) {
  std::set_terminate(fail_with_exception);
  // An ignored SIGCHLD survives exec: otherwise a parent that ignores SIGCHLD would change which children are reaped.
  if (signal(SIGCHLD, SIG_DFL) == SIG_ERR) fail("signal");
}

std::uint64_t Workload::count(int index, std::uint64_t fallback) const {
  constexpr std::uint64_t most = 100'000'000;
  const int at = first_number + index;
  return at < argc_ ? parse<std::uint64_t>(argv_[at], most) : fallback;
}

double Workload::seconds(int index, double fallback) const {
  constexpr double most_seconds = 86'400;
  const int at = first_number + index;
  return at < argc_ ? parse<double>(argv_[at], most_seconds) : fallback;
}

void Workload::finish_with_truth(const Truth &truth) const {
  const Unreaped nobody{};
  finish_with_truth(truth, nobody);
}

void Workload::finish_with_truth(const Truth &truth, const Unreaped &unreaped) const {
  const IoCounts io = own_io();
  std::string json = "{";
  const auto add = [&json](std::string_view key, std::uint64_t value) {
    if (json.size() > 1) json += ", ";
    json.append("\"").append(key).append("\": ").append(std::to_string(value));
  };
  add("syscr", io.syscr + unreaped.syscr);
  add("syscw", io.syscw + unreaped.syscw + 1);
  add("rchar", io.rchar + unreaped.rchar);
  add("wchar", io.wchar + unreaped.wchar + truth_bytes);
  add("forks", truth.forks);
  add("execs", truth.execs);
  add("threads", truth.threads);
  add("self_reaped_processes", truth.self_reaped_processes);
  add("unreaped_cpu_us", unreaped.cpu_us);
  add("unreaped_minor_faults", unreaped.minor_faults);
  add("unreaped_voluntary", unreaped.voluntary);
  add("unreaped_involuntary", unreaped.involuntary);
  for (const auto &[key, value] : truth.further) add(key, value);
  json += "}";
  if (json.size() >= truth_bytes) fail("the truth is longer than its file", 0);
  json.resize(truth_bytes - 1, ' ');
  json += '\n';
  write_once(truth_file_.get(), json.data(), json.size());
  _exit(0);
}

}  // namespace workload
