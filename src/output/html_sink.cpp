#include "output/html_sink.h"

#include "output/page.h"
#include "output/summary_sink.h"

namespace rusage_bpf {

Json page_document(const Recording &recording, const Outcome &outcome) {
  Json document = frame_json(recording, outcome);
  document["words"] = {{"target", target_name(recording)},
                       {"ending", ending(outcome)},
                       {"audit", audit_line(recording, outcome)}};
  return document;
}

Result<void> HtmlSink::begin(const Recording &recording) {
  recording_ = recording;
  buckets_.emplace(recording.interval_ns, page_buckets);
  return {};
}

Result<void> HtmlSink::row(const Row &row) {
  buckets_->add(row);
  return {};
}

Result<void> HtmlSink::end(const Outcome &outcome) {
  auto written = write_page(file_, page_document(recording_, outcome), *buckets_);
  return written ? file_.commit() : written;
}

}  // namespace rusage_bpf
