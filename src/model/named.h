// The target of a recording and the reason for its end: enums in the program, words in a document. Only named.cpp
// converts them.
#pragma once

#include <string>
#include <string_view>
#include <utility>

namespace rusage_bpf {

// What is recorded.
enum class TargetKind { unknown, command, tree, cgroup, other };

// Why a recording ended.
enum class EndReason {
  unknown,    // the recorder was killed
  command,    // the command exited
  tree,       // the last process of the tree exited
  cgroup,     // the cgroup was removed
  duration,   // the time of --duration passed
  eof,        // standard input ended
  outputs,    // all outputs failed
  stop_with,  // the process of --stop-with exited
  signal,     // the text is the signal's name
  other
};

// The word in a document. Empty for `unknown`, and for `signal` and `other`, which have their own texts.
std::string_view text_of(TargetKind kind);
std::string_view text_of(EndReason reason);

// An enum value with its word. A word that is not known here, from another version's document, is `other` with that
// word.
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
