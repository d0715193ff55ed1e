#include "target/exec_error.h"

#include <elf.h>
#include <fmt/format.h>
#include <link.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <optional>
#include <sstream>

namespace rusage_bpf {
namespace {

// The executable file that execvp(3) would find.
std::optional<std::string> find_executable(const std::string &command) {
  const auto is_executable = [](const std::string &path) { return access(path.c_str(), X_OK) == 0; };
  if (command.find('/') != std::string::npos) return is_executable(command) ? std::optional(command) : std::nullopt;
  const char *path = std::getenv("PATH");
  std::istringstream directories(path ? path : "/bin:/usr/bin");
  for (std::string directory; std::getline(directories, directory, ':');) {
    const std::string file = (directory.empty() ? "." : directory) + "/" + command;
    if (is_executable(file)) return file;
  }
  return std::nullopt;
}

// The dynamic loader, which the program header PT_INTERP names.
std::string loader_of(std::ifstream &file) {
  ElfW(Ehdr) header{};
  file.read(reinterpret_cast<char *>(&header), sizeof(header));
  for (unsigned i = 0; file && i < header.e_phnum; i++) {
    ElfW(Phdr) segment{};
    file.seekg(static_cast<std::streamoff>(header.e_phoff + i * std::size_t{header.e_phentsize}));
    file.read(reinterpret_cast<char *>(&segment), sizeof(segment));
    if (!file || segment.p_type != PT_INTERP) continue;
    file.seekg(static_cast<std::streamoff>(segment.p_offset));
    std::string path;
    std::getline(file, path, '\0');
    return path;
  }
  return {};
}

// The interpreter that the file needs: a script's interpreter or a program's dynamic loader.
std::string interpreter_of(const std::string &path) {
  std::ifstream file(path, std::ios::binary);
  std::string start(4, '\0');
  file.read(start.data(), static_cast<std::streamsize>(start.size()));
  file.clear();
  file.seekg(0);
  if (start == ELFMAG) return loader_of(file);
  if (!start.starts_with("#!")) return {};
  std::string line;
  std::getline(file, line);
  const std::size_t from = line.find_first_not_of(" \t", 2);
  if (from == std::string::npos) return {};
  return line.substr(from, line.find_first_of(" \t", from) - from);
}

std::string not_found(const std::string &command) {
  const auto file = find_executable(command);
  const std::string interpreter = file ? interpreter_of(*file) : "";
  if (interpreter.empty()) return command + ": command not found";
  return fmt::format("{}: its interpreter {} is not found", *file, interpreter);
}

}  // namespace

tl::unexpected<Error> exec_error(const std::string &command, int reason) {
  auto error = errno_error(command, reason);
  const bool missing = reason == ENOENT || reason == ENOTDIR;
  error.value().kind = missing ? Error::Kind::command_not_found : Error::Kind::command_not_executable;
  if (missing) error.value().message = not_found(command);
  return error;
}

}  // namespace rusage_bpf
