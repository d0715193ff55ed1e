#include "support/scene.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace test {

std::string until_exists(const std::string &file) {
  return fmt::format("n=0; until [ -e '{}' ] || [ $n = 2000 ]; do n=$((n+1)); sleep .05; done; ", file);
}

std::string watch_until_exists(const std::string &file) {
  return fmt::format("n=0; until [ -e '{}' ] || [ $n = 5000000 ]; do n=$((n+1)); done; ", file);
}

Scene::Scene(const std::string &script) {
  create("script", script);
}

std::string Scene::path(const std::string &name) const {
  return name.empty() ? directory_.path().string() : directory_.file(name);
}

void Scene::create(const std::string &name, const std::string &text) const {
  std::ofstream(path(name)) << text;
}

bool Scene::exists(const std::string &name) const {
  return std::filesystem::exists(path(name));
}

std::set<std::string> Scene::files() const {
  std::set<std::string> names;
  for (const auto &entry : std::filesystem::directory_iterator(path())) {
    if (entry.path().filename() != ".local") names.insert(entry.path().filename());
  }
  // The recorder's state directory stays, its rings do not.
  std::error_code none;
  for (const auto &entry : std::filesystem::directory_iterator(path(".local/state/rusage-bpf"), none))
    names.insert(entry.path().filename());
  return names;
}

Start Scene::recorder(std::vector<std::string> arguments) const {
  arguments.insert(arguments.begin(), std::filesystem::absolute(built("rusage-bpf")));
  return {.argv = std::move(arguments), .directory = path()};
}

Start Scene::recorded_script(std::function<void()> prepare) const {
  Start start = recorder({"-q", "-o", "out.json", "--", "sh", "script"});
  start.prepare = std::move(prepare);
  return start;
}

void Scene::check_recording(const nlohmann::json &exit_code, const nlohmann::json &signal) const {
  const auto document = read_json(path("out.json"));
  CHECK(document["meta"]["exit_code"] == exit_code);
  CHECK(document["meta"]["signal"] == signal);
  CHECK(document["meta"]["rows"] == document["samples"].size());
  CHECK(document.contains("totals"));
  CHECK(document.contains("audit"));
}

Gate::Gate(const std::string &file) {
  if (mkfifo(file.c_str(), 0600) != 0) throw std::runtime_error("mkfifo " + file);
  fifo_.reset(::open(file.c_str(), O_RDWR | O_CLOEXEC));
}

void Gate::open() const {
  if (write(fifo_.get(), "\n", 1) != 1) throw std::runtime_error("writing to a FIFO");
}

ProcessState process_state(pid_t pid) {
  std::ifstream file(fmt::format("/proc/{}/stat", pid));
  std::string line;
  std::getline(file, line);
  // The name is in parentheses, and may have any characters, also parentheses.
  const std::size_t name_end = line.rfind(')');
  ProcessState is;
  if (name_end == std::string::npos) return is;
  std::istringstream fields(line.substr(name_end + 1));
  fields >> is.state >> is.parent >> is.group >> is.session >> is.terminal >> is.terminal_foreground_group;
  return is;
}

Pair::Pair(const Scene &scene) {
  wait_until("the command's start", [&] { return scene.exists("pids"); });
  std::ifstream(scene.path("pids")) >> command >> recorder;
}

bool Pair::both_stopped() const {
  return process_state(command).state == 'T' && process_state(recorder).state == 'T';
}

bool Pair::none_stopped() const {
  return process_state(command).state != 'T' && process_state(recorder).state != 'T';
}

}  // namespace test
