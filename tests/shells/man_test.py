#!/usr/bin/env python3
"""rusage-bpf(1): it has every option and column, and renders without a warning.

Run by ctest as `man`; by hand: RUSAGE_BUILD_DIR=build tests/shells/man_test.py [-v] [TEST...]
"""

import os
import re
import subprocess
import tempfile
import unittest

from cases import BUILD, COMPLETIONS, command_lines

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../..")
PAGE = os.path.join(BUILD, "generated/man/rusage-bpf.1")


def run(*command, **more):
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, **more)


def rendered():
    """As man shows it, without line breaks within words."""
    environment = {**os.environ, "MANWIDTH": "1000", "MANROFFOPT": "-rHY=0", "LC_ALL": "C.UTF-8"}
    text = run("/usr/bin/man", "--warnings", "--no-hyphenation", "-l", PAGE, env=environment).stdout
    return re.sub(r"\x1b\[[0-9;]*m|.\x08", "", text)


def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as file:
        return file.read()


class ManTest(unittest.TestCase):
    def test_every_option_of_every_subcommand_is_there_with_its_help(self):
        page = " ".join(rendered().split())
        for line in command_lines():
            self.assertIn(line["command"], page)
            for option in line["options"]:
                if "--help" in option["names"] and line["command"] != "rusage-bpf":
                    continue  # the same for each
                self.assertIn(f"{', '.join(option['names'])} {option['value']}".strip(), page)
                self.assertIn(option["help"][1:], page)
            for argument in line["arguments"]:
                self.assertIn(argument["help"][1:], page)

    def test_every_subcommand_that_the_recorder_has_is_there(self):
        dispatched = set(re.findall(r'first == "(\w+)"', read("src/main.cpp")))
        self.assertGreater(len(dispatched), 0)
        self.assertEqual({command["name"] for command in command_lines()[0]["subcommands"]}, dispatched)

    def test_every_column_is_there(self):
        columns = re.findall(r"^  (?:GAUGE|CPU|TASK|EVENT|TIME)\((\w+),", read("include/rusage_bpf/columns.h"),
                             re.MULTILINE)
        self.assertGreater(len(columns), 20)
        section = rendered().split("\nCOLUMNS\n")[1].split("\nEXIT STATUS\n")[0]
        listed = {name for line in re.findall(r"^ {7}(\w[\w, ]*)", section, re.MULTILINE) for name in line.split(", ")}
        self.assertEqual({"timestamp", *columns} - {name.strip() for name in listed}, set())

    def test_every_variable_of_the_environment_is_one_that_the_recorder_reads(self):
        section = rendered().split("\nENVIRONMENT\n")[1].split("\nFILES\n")[0]
        names = re.findall(r"\b[A-Z]+_?[A-Z_]+\b(?=,|\n)", section)
        self.assertGreater(len(names), 10)
        sources = run("/usr/bin/grep", "-rhoE", '"[A-Z_]+"', os.path.join(ROOT, "src")).stdout
        for name in names:
            if name != "FILES":
                self.assertIn(f'"{name}"', sources)

    def test_it_renders_without_a_warning(self):
        environment = {**os.environ, "LC_ALL": "C.UTF-8"}
        self.assertEqual(run("/usr/bin/groff", "-ww", "-man", "-Tutf8", "-z", PAGE).stdout, "")
        self.assertEqual(run("/usr/bin/mandoc", "-T", "lint", "-W", "style", PAGE).stdout, "")
        shown = subprocess.run(["/usr/bin/man", "--warnings", "-l", PAGE], stdout=subprocess.DEVNULL,
                               stderr=subprocess.PIPE, text=True, check=True, env=environment)
        self.assertEqual(shown.stderr, "")

    def test_the_same_options_make_the_same_files(self):
        with tempfile.TemporaryDirectory(prefix="rusage-bpf-man-") as directory:
            for name in ("first", "second"):
                made = run(os.path.join(ROOT, "tools/make_documents"), f"{BUILD}/rusage-bpf",
                           os.path.join(directory, name), env={**os.environ, "SOURCE_DATE_EPOCH": "1700000000"})
                self.assertEqual((made.returncode, made.stdout), (0, ""))
            self.assertEqual(run("/usr/bin/diff", "-r", f"{directory}/first", f"{directory}/second").stdout, "")

    def test_the_completion_of_bash_has_nothing_that_shellcheck_warns_of(self):
        self.assertEqual(run("/usr/bin/shellcheck", "-s", "bash", f"{COMPLETIONS}/rusage-bpf.bash").stdout, "")


if __name__ == "__main__":
    unittest.main()
