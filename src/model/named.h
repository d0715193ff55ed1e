// The words that a document has for what a recording is about and why it ended. The program knows them as enums;
// named.cpp alone turns one into the other.
#pragma once

#include <string>
#include <string_view>
#include <utility>

namespace rusage_bpf {

// What is recorded.
enum class TargetKind { unknown, command, tree, cgroup, other };

// Why a recording ended.
enum class EndReason {
  unknown,    // the recorder did not live to write it
  command,    // ended
  tree,       // its last process ended
  cgroup,     // was removed
  duration,   // the time was up
  eof,        // standard input ended
  outputs,    // none was left to write to
  stop_with,  // the process of --stop-with ended
  signal,     // the text is its name
  other
};

// As documents have it: empty for `unknown`, and for `signal` and `other`, which have texts of their own.
std::string_view text_of(TargetKind kind);
std::string_view text_of(EndReason reason);

// A kind with its text. A document of another build may have a word that this one does not know: `other`, with the word
// kept.
template <typename Kind>
class Named {
 public:
  Named() = default;
  Named(Kind kind) : kind_(kind), text_(text_of(kind)) {}
  static Named from_text(std::string text);

  [[nodiscard]] Kind kind() const { return kind_; }
  [[nodiscard]] const std::string &text() const { return text_; }
  bool operator==(const Named &) const = default;
  bool operator==(Kind kind) const { return kind_ == kind; }

 private:
  Kind kind_ = Kind::unknown;
  std::string text_;
};

using TargetName = Named<TargetKind>;
using EndedBy = Named<EndReason>;

}  // namespace rusage_bpf
