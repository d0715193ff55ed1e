#include "proc/files.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstddef>
#include <memory>

#include "proc/text.h"

namespace rusage_bpf::proc {

Path::Path(std::string_view before, pid_t number, std::string_view after) {
  char *end = std::copy(before.begin(), before.end(), text_.begin());
  end = std::to_chars(end, text_.data() + text_.size(), number).ptr;
  std::copy(after.begin(), after.end(), end);
}

Path::Path(std::string_view text) {
  std::copy(text.begin(), text.end(), text_.begin());
}

Fd open_process(int proc, pid_t pid) {
  return Fd(openat(proc, Path("", pid, "").c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
}

std::optional<std::string_view> Reader::file(int directory, const char *name) {
  const Fd opened(openat(directory, name, O_RDONLY | O_CLOEXEC));
  return opened ? read(opened.get(), false) : std::nullopt;
}

std::optional<std::string_view> Reader::open_file(int file) {
  return read(file, false);
}

std::optional<std::string_view> Reader::list(int directory, const char *name) {
  const Fd opened(openat(directory, name, O_RDONLY | O_CLOEXEC));
  return opened ? read(opened.get(), true) : std::nullopt;
}

std::optional<std::string_view> Reader::read(int file, bool in_pieces) {
  std::size_t length = 0;
  for (;;) {
    const ssize_t got = pread(file, buffer_.data() + length, buffer_.size() - length, static_cast<off_t>(length));
    if (got < 0) return std::nullopt;
    length += static_cast<std::size_t>(got);
    const bool full = length == buffer_.size();
    if (full) buffer_.resize(2 * buffer_.size());
    if (got == 0 || (!full && !in_pieces)) return std::string_view(buffer_).substr(0, length);
  }
}

std::optional<std::span<const pid_t>> Reader::numbers_in(int directory, const char *name) {
  const Fd list(openat(directory, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!list) return std::nullopt;
  numbers_.clear();
  for (;;) {
    const ssize_t got = getdents64(list.get(), buffer_.data(), buffer_.size());
    if (got < 0) return std::nullopt;
    if (got == 0) return numbers_;
    for (std::size_t at = 0; at < static_cast<std::size_t>(got);) {
      const auto *entry = reinterpret_cast<const dirent64 *>(buffer_.data() + at);
      at += entry->d_reclen;
      const std::string_view text(static_cast<const char *>(entry->d_name));
      pid_t number = 0;
      const auto [rest, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
      if (failure == std::errc() && rest == text.data() + text.size()) numbers_.push_back(number);
    }
  }
}

std::optional<std::uint64_t> count_descriptors(int process, const char *list) {
  struct stat status {};
  if (fstatat(process, list, &status, 0) != 0) return std::nullopt;
  if (status.st_size > 0) return static_cast<std::uint64_t>(status.st_size);
  Fd directory(openat(process, list, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  const std::unique_ptr<DIR, int (*)(DIR *)> entries(directory ? fdopendir(directory.get()) : nullptr, closedir);
  if (!entries) return std::nullopt;
  directory.release();
  std::uint64_t count = 0;
  while (const dirent *entry = readdir(entries.get()))
    if (entry->d_name[0] != '.') count++;
  return count;
}

std::optional<pid_t> live_thread_without_main(int process, Reader &reader) {
  const auto has_exited = [&](const char *stat_file) {
    const auto text = reader.file(process, stat_file);
    const auto stat = text ? parse_stat(*text) : std::nullopt;
    return !stat || stat->state == 'Z' || stat->state == 'X';
  };
  if (!has_exited("stat")) return std::nullopt;
  const auto tids = reader.numbers_in(process, "task");
  if (!tids) return std::nullopt;
  for (const pid_t tid : *tids)
    if (!has_exited(Path("task/", tid, "/stat").c_str())) return tid;
  return std::nullopt;
}

}  // namespace rusage_bpf::proc
