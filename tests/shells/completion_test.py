#!/usr/bin/env python3
"""The completions in real shells: bash with its package bash-completion and without, zsh and fish.

Run by ctest as `completion`; by hand: RUSAGE_BUILD_DIR=build tests/shells/completion_test.py [-v] [TEST...]
"""

import unittest

import cases
from cases import COMPLETIONS
from shells import Bash, Fish, Zsh

# A completion of the recorded command's own.
OWN_OF_BASH = """_measured() { COMPREPLY=($(compgen -W 'alpha beta' -- "$2")); }
complete -F _measured measured-command
"""
OWN_OF_ZSH = "_measured() { compadd alpha beta }; compdef _measured measured-command\n"
OWN_OF_FISH = "complete -c measured-command -f -a 'alpha beta'\n"


class BashTest(cases.Completion):
    own = OWN_OF_BASH

    def make_shell(self, own, environment, directory):
        return Bash(f"{COMPLETIONS}/rusage-bpf.bash", own, environment, directory)


class BashWithPackageTest(BashTest):
    def make_shell(self, own, environment, directory):
        return Bash(f"{COMPLETIONS}/rusage-bpf.bash", own, environment, directory,
                    package="/usr/share/bash-completion/bash_completion")


class ZshTest(cases.Completion):
    own = OWN_OF_ZSH
    named_process = r"(?s)\b{pid}\b.*-- slumber"  # the names come in a list of their own

    def make_shell(self, own, environment, directory):
        return Zsh(f"{COMPLETIONS}/_rusage-bpf", own, environment, directory)


class FishTest(cases.Completion):
    own = OWN_OF_FISH
    # Fish takes every word that begins with a dash for an option.
    test_standard_output_is_offered_in_each_format = None  # type: ignore[assignment]

    def make_shell(self, own, environment, directory):
        return Fish(f"{COMPLETIONS}/rusage-bpf.fish", own, environment, directory)


if __name__ == "__main__":
    unittest.main()
