#include "input/contents.h"

#include <fmt/format.h>

#include <string_view>

#include "document/document.h"
#include "document/time.h"

namespace rusage_bpf {
namespace {

bool sum_fits(std::uint64_t sum, std::uint64_t more) {
  std::uint64_t all = 0;
  return !__builtin_add_overflow(sum, more, &all);
}

// Fails if the sum of a counter, or of CPU time with its two parts, does not fit into 64 bits.
template <typename Sums>
Result<void> check_sums(const Sums &sums, const Values &more) {
  const auto too_much = [](std::string_view name) {
    return error(fmt::format("{} adds up to more than 64 bits hold", name));
  };
  for (std::size_t i = 0; i < column_count; i++)
    if (columns[i].is_counter() && !sum_fits(sums[i], more[i])) return too_much(columns[i].name);
  const std::uint64_t cpu = sums[RUSAGE_user] + sums[RUSAGE_system];
  const bool fits =
      sum_fits(more[RUSAGE_user], more[RUSAGE_system]) && sum_fits(cpu, more[RUSAGE_user] + more[RUSAGE_system]);
  return fits ? Result<void>() : too_much("user and system");
}

}  // namespace

Result<void> Contents::note_sink_error(Result<void> result) {
  if (!result) sink_error_ = result.error();
  return result;
}

Result<void> Contents::check(const Row &row) const {
  if (!row.known[RUSAGE_elapsed]) return error("elapsed is missing");
  const std::uint64_t elapsed_ns = row.value[RUSAGE_elapsed];
  if (elapsed_ns < totals_.elapsed_ns())
    return error(
        fmt::format("elapsed is {}, and before it was {} already", seconds(elapsed_ns), seconds(totals_.elapsed_ns())));
  return check_sums(totals_, row.value);
}

Result<void> Contents::sample(const Json &json) {
  auto row = row_from(json);
  if (!row) return tl::unexpected(row.error());
  return sample(*row);
}

Result<void> Contents::sample(Row &row) {
  if (auto checked = check(row); !checked) return checked;
  row.number = totals_.rows();
  totals_.add(row);
  last_realtime_ns_ = row.realtime_ns;
  return note_sink_error(sink_.row(row));
}

Result<void> Contents::process(const Json &json) {
  const auto process = process_from(json);
  if (!process) return tl::unexpected(process.error());
  return note_sink_error(sink_.process(*process));
}

Result<void> Contents::command(const Json &json) {
  auto command = command_from(json);
  if (!command) return tl::unexpected(command.error());
  name_bytes_ += command->name.value_or("").size();
  if (commands_.size() >= max_commands) return error(fmt::format("there are more than {} commands", max_commands));
  if (name_bytes_ > max_name_bytes)
    return error(fmt::format("the names of commands take more than {} bytes", max_name_bytes));
  if (auto checked = check_sums(all_commands_.value, command->value); !checked) return checked;
  if (!sum_fits(all_commands_.processes, command->processes))
    return error("processes adds up to more than 64 bits hold");
  all_commands_.add(*command);
  commands_.push_back(*std::move(command));
  return {};
}

}  // namespace rusage_bpf
