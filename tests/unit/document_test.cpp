#include "document/document.h"

#include <catch2/catch.hpp>

#include "support/recording.h"

namespace rusage_bpf::document_test {
namespace {

Recording a_recording() {
  Recording recording = test::a_recording();
  recording.start_realtime_ns = 1'795'346'925'123'456'000;
  recording.origin[RUSAGE_rss] = "proc";
  return recording;
}

Outcome an_outcome() {
  Outcome outcome{.end_realtime_ns = 1'795'346'926'000'001'000,
                  .ended_by = EndReason::command,
                  .exit = {.code = 3, .signal = {}},
                  .totals = {},
                  .rss_at_least = 10,
                  .audit = {.kernel = {},
                            .unwaited = Unwaited{11, 12},
                            .oom_kills = 13,
                            .sigkilled_commands = {"cc1"},
                            .losses = Losses{.untracked_tasks = 1, .ticks_missed = 2},
                            .events_lost = 3,
                            .unseen_tasks = 8,
                            .unlisted_tasks = 10,
                            .unreadable_processes = 9,
                            .untraceable_tasks = 11,
                            .recorder_cpu_ns = 4,
                            .recorder_peak_rss_bytes = 5,
                            .rows_damaged = 6},
                  .recovered = true,
                  .rows_overwritten = 7};
  outcome.audit.kernel.value[RUSAGE_user] = 1'234'567'891;
  outcome.audit.kernel.known.set(RUSAGE_user);
  return outcome;
}

TEST_CASE("the start of a document is read back as it was written") {
  const Json written = begin_json(a_recording());
  const auto read = recording_from(Json::parse(to_text(written)));
  REQUIRE(read);
  CHECK(begin_json(*read) == written);
}

TEST_CASE("the end of a document is read back as it was written") {
  const Json written = end_json(an_outcome());
  const auto read = outcome_from(Json::parse(to_text(written)));
  REQUIRE(read);
  CHECK(end_json(*read) == written);
}

TEST_CASE("unknown values at the end are read back as unknown") {
  const Json written = end_json(Outcome());
  const auto read = outcome_from(written);
  REQUIRE(read);
  CHECK(end_json(*read) == written);
}

TEST_CASE("a field that is missing is unknown") {
  const auto read = recording_from({{"schema", document_schema}, {"meta", Json::object()}, {"columns", Json::array()}});
  REQUIRE(read);
  CHECK(read->argv.empty());
  CHECK_FALSE(read->root_pid);
}

TEST_CASE("a document that is no recording, or has another schema, is an error") {
  CHECK_FALSE(recording_from(Json::object()));
  CHECK_FALSE(recording_from(Json::array()));
  CHECK_FALSE(recording_from(nullptr));
  CHECK_FALSE(outcome_from({{"meta", 3}}));
  Json other = begin_json(a_recording());
  other["schema"] = "rusage-bpf/2";
  CHECK_THAT(recording_from(other).error().message, Catch::Contains("rusage-bpf/2"));
  Json wrong_type = begin_json(a_recording());
  wrong_type["meta"]["argv"] = "make";
  CHECK_FALSE(recording_from(wrong_type));
}

}  // namespace
}  // namespace rusage_bpf::document_test
