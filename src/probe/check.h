// What was looked at on this machine, what was found, and what would make it better: the words are for people, and the
// same wherever they are said.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace rusage_bpf {

struct Remedy {
  std::string command;  // to be copied into a shell; empty: there is none
  std::string note;     // what it does, or what is needed where no command helps
};

struct Check {
  enum class State {
    works,
    limits,   // recording works, but not all of it
    stops,    // recording does not work
    unknown,  // could not be tried, or not be seen
  };

  std::string name;
  std::string found;  // understood without the name where it does not work
  State state = State::works;
  std::vector<Remedy> remedies = {};  // each is enough by itself
};

// "works", "limits", "stops" or "unknown".
std::string_view name_of(Check::State state);

// Nothing where none stops recording.
const Check *first_that_stops(const std::vector<Check> &checks);

// One line: what was found and what to do about it.
std::string in_one_line(const Check &check);

// The text as one word for a shell.
std::string shell_word(const std::string &text);

}  // namespace rusage_bpf
