// Makes the pages that the browser looks at: make_page KIND FILE. Every page comes out of the real
// sink, or of the same parts where the recorder does not collect yet what the page can draw.
#include <fmt/format.h>

#include <cmath>
#include <functional>
#include <map>
#include <memory>
#include <random>

#include "output/html_sink.h"
#include "output/output_file.h"
#include "output/page.h"
#include "support/units.h"

using namespace rusage_bpf;

namespace {

using test::mib;
using test::second;
constexpr const char *hostile =
    "<script>alert(1)</script> </script><!-- \"'&amp; \u2028 \u202e \x01\x1b[31m {{data}} <img "
    "src=x "
    "onerror=alert(1)>";

Recording a_recording() {
  Recording recording;
  recording.version = "1.2.3";
  recording.host = "build-7";
  recording.kernel = "6.18.44";
  recording.cpus = 4;
  recording.target = TargetKind::command;
  recording.argv = {"make", "-j4", "all"};
  recording.root_pid = 4242;
  recording.interval_ns = second / 100;
  recording.start_realtime_ns = 1'795'346'925 * second;
  recording.backend = "bpf";
  recording.origin.fill("bpf");
  return recording;
}

// A build as it might be: compilers come and go, then a link.
class Build {
 public:
  Row row(std::uint64_t number, std::uint64_t count) {
    const double at = static_cast<double>(number) / static_cast<double>(count);
    const double busy = at < .85 ? 2.6 + std::sin(at * 40) + noise() * .4 : .95 + noise() * .05;
    const double interval_s = .01;
    Row row{.number = number, .realtime_ns = 0, .value = {}, .known = {}, .losses = {}};
    row.known.set();
    const auto set = [&](rusage_column column, double value) {
      row.value[column] = static_cast<std::uint64_t>(std::max(0.0, value));
      if (number == 0 && columns[column].is_counter()) row.known.reset(column);
    };
    const bool burst = number % 997 == 0;
    set(RUSAGE_elapsed, static_cast<double>(number * (second / 100)));
    set(RUSAGE_user, busy * .78 * interval_s * second);
    set(RUSAGE_system, busy * .22 * interval_s * second);
    set(RUSAGE_read_count, 40 * busy + noise() * 20);
    set(RUSAGE_write_count, 15 * busy + noise() * 10);
    set(RUSAGE_read_bytes, (noise() * .2 + (burst ? 6 : .1)) * mib);
    set(RUSAGE_write_bytes, (noise() * .1 + (at > .85 ? 2 : .05)) * mib);
    set(RUSAGE_disk_read_bytes, burst ? 2 * mib : 0);
    set(RUSAGE_disk_write_bytes, at > .85 ? mib * noise() : 0);
    set(RUSAGE_rss, (180 + 120 * busy + (at > .85 ? 900 * (at - .85) / .15 : 0)) * mib);
    set(RUSAGE_vms, (900 + 300 * busy) * mib);
    set(RUSAGE_ctx_switches_voluntary, 12 * busy + noise() * 8);
    set(RUSAGE_ctx_switches_involuntary, 3 * busy + noise() * 4);
    set(RUSAGE_minor_faults, 300 * busy + noise() * 200);
    set(RUSAGE_major_faults, burst ? 3 : 0);
    set(RUSAGE_run_delay, (busy > 3 ? (busy - 3) * 4 : .2 * noise()) * interval_s * second);
    set(RUSAGE_pid_count, 2 + std::floor(busy * 2));
    set(RUSAGE_thread_count, 3 + std::floor(busy * 3));
    set(RUSAGE_num_fds, 20 + std::floor(busy * 9));
    set(RUSAGE_forks, noise() < .1 ? 2 : 0);
    set(RUSAGE_execs, noise() < .1 ? 1 : 0);
    set(RUSAGE_exits, noise() < .1 ? 2 : 0);
    return row;
  }

  double noise() { return noise_(random_); }

 private:
  std::mt19937 random_{1};
  std::uniform_real_distribution<double> noise_{0, 1};
};

// Processes of the build, as a recording will hold them.
std::pair<Json, Json> processes_and_commands(std::uint64_t count, double duration_s,
                                             const std::function<std::string(int)> &name) {
  std::mt19937 random(2);
  std::uniform_real_distribution<double> uniform(0, 1);
  Json processes = Json::array();
  std::map<std::string, Json> commands;
  for (std::uint64_t i = 0; i < count; i++) {
    const double at = static_cast<double>(i) / static_cast<double>(count);
    const bool root = i == 0;
    const double length =
        root ? duration_s : duration_s / static_cast<double>(count) * (uniform(random) < .2 ? 9 : 2) * uniform(random);
    const double start = root ? 0 : at * duration_s;
    const double end = std::min(duration_s, start + length);
    const std::string command = name(root ? 0 : 1 + static_cast<int>(uniform(random) * 6));
    const double user = (end - start) * uniform(random) * (root ? .01 : .9);
    const double rss = std::floor((2 + 300 * uniform(random) * uniform(random))) * mib;
    const Json process = {{"pid", 4242 + i},
                          {"ppid", root ? 1 : 4242},
                          {"command", command},
                          {"argv", {command, "-O2", fmt::format("file{}.cc", i)}},
                          {"start", start},
                          {"end", end < duration_s || root ? Json(end) : Json(nullptr)},
                          {"exit_code", i % 50 == 7 ? Json(nullptr) : Json(i % 31 == 5 ? 1 : 0)},
                          {"signal", i % 50 == 7 ? Json(9) : Json(nullptr)},
                          {"user", user},
                          {"system", user / 5},
                          {"read_bytes", rss / 7},
                          {"write_bytes", rss / 90},
                          {"peak_rss", rss}};
    processes.push_back(process);
    auto [found, fresh] = commands.try_emplace(command, Json{{"command", command}});
    Json &sum = found->second;
    sum["processes"] = sum.value("processes", 0) + 1;
    for (const char *key : {"user", "system", "read_bytes", "write_bytes"})
      sum[key] = sum.value(key, 0.0) + process[key].get<double>();
    sum["peak_rss"] = std::max(sum.value("peak_rss", 0.0), rss);
  }
  Json list = Json::array();
  for (const auto &[command, sum] : commands) list.push_back(sum);
  return {processes, list};
}

struct Page {
  Recording recording = a_recording();
  std::uint64_t rows = 300;
  std::uint64_t processes = 0;
  std::function<std::string(int)> name = [](int i) {
    constexpr std::array names{"make", "cc1plus", "as", "g++", "sh", "collect2", "ld"};
    return std::string(names[static_cast<std::size_t>(i)]);
  };
};

Result<void> write(const Page &page, const std::string &path) {
  auto file = OutputFile::create(path);
  if (!file) return tl::unexpected(file.error());
  Build build;
  Outcome outcome;
  outcome.ended_by = EndReason::command;
  outcome.exit.code = 0;
  Buckets buckets(page.recording.interval_ns, page_buckets);
  std::vector<Row> rows;
  for (std::uint64_t i = 0; i < page.rows; i++) {
    rows.push_back(build.row(i, page.rows));
    outcome.totals.add(rows.back());
    buckets.add(rows.back());
  }
  outcome.end_realtime_ns = page.recording.start_realtime_ns + outcome.totals.elapsed_ns();
  outcome.audit.losses = Losses();
  outcome.audit.events_lost = 0;
  for (const auto column : {RUSAGE_user, RUSAGE_system, RUSAGE_minor_faults}) {
    outcome.audit.kernel.value[column] = outcome.totals[column];
    outcome.audit.kernel.known.set(column);
  }
  if (page.processes == 0) {
    HtmlSink sink(std::make_unique<OutputFile>(std::move(*file)));
    if (auto begun = sink.begin(page.recording); !begun) return begun;
    for (const Row &row : rows)
      if (auto written = sink.row(row); !written) return written;
    return sink.end(outcome);
  }
  Json document = page_document(page.recording, outcome);
  std::tie(document["processes"], document["commands"]) =
      processes_and_commands(page.processes, static_cast<double>(outcome.totals.elapsed_ns()) / second, page.name);
  auto written = write_page(*file, document, buckets);
  return written ? file->commit() : written;
}

Page page_of(const std::string &kind) {
  Page page;
  if (kind == "none") page.rows = 0;
  if (kind == "one") page.rows = 1;
  if (kind == "hour") page.rows = 360'000;
  if (kind == "processes") page.processes = 40;
  if (kind == "many") {
    page.rows = 30'000;
    page.processes = 5000;
  }
  if (kind == "hostile") {
    page.recording.argv = {hostile, "caf\xe9"};
    page.recording.host = hostile;
    page.processes = 40;
    page.name = [](int i) { return fmt::format("{}{}", hostile, i); };
  }
  return page;
}

}  // namespace

int main(int argc, char **argv) {
  if (argc != 3) {
    fmt::print(stderr, "usage: make_page none|one|build|hour|processes|many|hostile FILE\n");
    return 2;
  }
  const auto written = write(page_of(argv[1]), argv[2]);
  if (!written) fmt::print(stderr, "{}\n", written.error().message);
  return written ? 0 : 1;
}
