#include "model/named.h"

#include <initializer_list>

namespace rusage_bpf {
namespace {

TargetKind kind_from(std::string_view text, TargetKind) {
  using enum TargetKind;
  for (const TargetKind kind : {unknown, command, tree, cgroup})
    if (text == text_of(kind)) return kind;
  return other;
}

EndReason kind_from(std::string_view text, EndReason) {
  using enum EndReason;
  for (const EndReason reason : {unknown, command, tree, cgroup, duration, eof, outputs, stop_with})
    if (text == text_of(reason)) return reason;
  return text.starts_with("SIG") ? signal : other;
}

}  // namespace

std::string_view text_of(TargetKind kind) {
  switch (kind) {
    case TargetKind::command:
      return "command";
    case TargetKind::tree:
      return "pid";
    case TargetKind::cgroup:
      return "cgroup";
    case TargetKind::unknown:
    case TargetKind::other:
      break;
  }
  return "";
}

std::string_view text_of(EndReason reason) {
  switch (reason) {
    case EndReason::command:
      return "command";
    case EndReason::tree:
      return "tree";
    case EndReason::cgroup:
      return "cgroup";
    case EndReason::duration:
      return "duration";
    case EndReason::eof:
      return "eof";
    case EndReason::outputs:
      return "outputs";
    case EndReason::stop_with:
      return "stop-with";
    case EndReason::unknown:
    case EndReason::signal:
    case EndReason::other:
      break;
  }
  return "";
}

template <typename Kind>
Named<Kind> Named<Kind>::from_text(std::string text) {
  Named named;
  named.kind_ = kind_from(text, Kind::unknown);
  named.text_ = std::move(text);
  return named;
}

template class Named<TargetKind>;
template class Named<EndReason>;

}  // namespace rusage_bpf
