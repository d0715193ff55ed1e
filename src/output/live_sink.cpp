#include "output/live_sink.h"

#include <langinfo.h>

#include <clocale>
#include <cstdlib>
#include <string_view>

namespace rusage_bpf {
namespace {

// As fast as figures can be read.
constexpr std::uint64_t pause_ns = 250'000'000;

bool has_blocks() {
  const locale_t locale = newlocale(LC_CTYPE_MASK, "", nullptr);
  if (!locale) return false;
  const bool is_utf8 = std::string_view(nl_langinfo_l(CODESET, locale)) == "UTF-8";
  freelocale(locale);
  return is_utf8;
}

// https://no-color.org
bool has_colours() {
  const char *no_color = std::getenv("NO_COLOR");
  return no_color == nullptr || *no_color == 0;
}

}  // namespace

LiveSink::LiveSink(StatusLine line)
    : line_(std::move(line)), style_{.blocks = has_blocks(), .colours = has_colours()} {}

Result<void> LiveSink::begin(const Recording &) {
  return {};
}

// Over the rows since the line was drawn.
std::optional<double> LiveSink::rate(std::size_t column) const {
  if (!totals_.known(column) || totals_.elapsed_ns() <= drawn_.elapsed_ns()) return std::nullopt;
  return static_cast<double>(totals_[column] - drawn_[column]) /
         static_cast<double>(totals_.elapsed_ns() - drawn_.elapsed_ns());
}

LiveFigures LiveSink::figures(const Row &row) const {
  const auto gauge = [&](std::size_t column) {
    return row.known[column] ? std::optional(row.value[column]) : std::nullopt;
  };
  const auto a_second = [](std::optional<double> each_ns) {
    return each_ns ? std::optional(*each_ns * 1e9) : std::nullopt;
  };
  const auto user = rate(RUSAGE_user);
  const auto system = rate(RUSAGE_system);
  LiveFigures figures{.elapsed_ns = totals_.elapsed_ns(),
                      .cpu = user && system ? std::optional(*user + *system) : std::nullopt,
                      .rss_bytes = gauge(RUSAGE_rss),
                      .processes = gauge(RUSAGE_pid_count),
                      .read_bytes_per_s = a_second(rate(RUSAGE_read_bytes)),
                      .write_bytes_per_s = a_second(rate(RUSAGE_write_bytes)),
                      .recent_cpu = recent_cpu_};
  if (figures.cpu) figures.recent_cpu.push_back(*figures.cpu);
  return figures;
}

Result<void> LiveSink::row(const Row &row) {
  totals_.add(row);
  if (totals_.elapsed_ns() < due_ns_) return {};
  due_ns_ = totals_.elapsed_ns() + pause_ns;
  LiveFigures now = figures(row);
  if (!line_.draw(live_line(now, line_.columns(), style_))) return {};
  drawn_ = totals_;
  recent_cpu_ = std::move(now.recent_cpu);
  if (recent_cpu_.size() > longest_sparkline) recent_cpu_.erase(recent_cpu_.begin());
  return {};
}

Result<void> LiveSink::end(const Outcome &) {
  line_.wipe();
  return {};
}

}  // namespace rusage_bpf
