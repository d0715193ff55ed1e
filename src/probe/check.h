// The result of one check of this machine, and its remedies. The texts are for users, and the same everywhere.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace rusage_bpf {

struct Remedy {
  std::string command;  // to be copied into a shell; empty: none
  std::string note;     // what the command does, or what is needed if no command helps
};

struct Check {
  enum class State {
    works,
    limits,   // recording works, but not completely
    stops,    // recording does not work
    unknown,  // could not be checked
  };

  std::string name;
  std::string found;  // if it does not work, it can be understood without the name
  State state = State::works;
  std::vector<Remedy> remedies = {};  // one of them is enough
};

// "works", "limits", "stops" or "unknown".
std::string_view name_of(Check::State state);

// Null if no check stops recording.
const Check *first_that_stops(const std::vector<Check> &checks);

// What was found and what to do, in one line.
std::string in_one_line(const Check &check);

// The text as one word for a shell.
std::string shell_word(const std::string &text);

}  // namespace rusage_bpf
