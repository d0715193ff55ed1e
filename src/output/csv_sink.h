// CSV as RFC 4180 has it: a line of column names, then a line a row, each with CR LF at its end. What
// is unknown is an empty field; numbers and times are written as in JSON.
#pragma once

#include "document/row_text.h"
#include "output/output.h"
#include "output/sink.h"

namespace rusage_bpf {

class CsvSink final : public Sink {
 public:
  // `with_meta` puts what is known before the first row in front, which RFC 4180 does not have: a
  // line `# name: value` each, the value in JSON.
  CsvSink(std::unique_ptr<Output> file, bool with_meta) : file_(std::move(file)), with_meta_(with_meta) {}

  Result<void> begin(const Recording &recording) override;
  Result<void> row(const Row &row) override;
  Result<void> end(const Outcome &outcome) override;

 private:
  RowText row_text_;
  std::string text_;  // of one row; keeps its memory
  std::unique_ptr<Output> file_;
  bool with_meta_;
};

}  // namespace rusage_bpf
