"""What holds of the completions in each shell."""

import json
import os
import re
import subprocess
import tempfile
import unittest

BUILD = os.path.abspath(os.environ.get("RUSAGE_BUILD_DIR", "build"))
COMPLETIONS = os.path.join(BUILD, "generated/completions")


def command_lines():
    def options(*names):
        return json.loads(subprocess.check_output([f"{BUILD}/rusage-bpf", *names, "--list-options"]))

    recording = options()
    return [recording, *(options(command["name"]) for command in recording["subcommands"])]


def words(text, line):
    """Those of what a shell offered, without the line itself where it is printed as it was."""
    return set(re.split(r"[\s=]+", re.sub(re.escape(line.rstrip()) + r"(?=\s)", "", text)))


class Completion(unittest.TestCase):
    """What holds in each shell. `own` is the completion of another command, `named_process` how a process is shown."""

    own = ""
    named_process = r"{pid}\W+slumber"

    def make_shell(self, own, environment, directory):
        raise NotImplementedError

    def setUp(self):
        directory = self.enterContext(tempfile.TemporaryDirectory(prefix="rusage-bpf-shells-"))
        programs = os.path.join(directory, "bin")
        work = os.path.join(directory, "work")
        for new in (programs, work, os.path.join(work, "below")):
            os.mkdir(new)
        os.symlink(f"{BUILD}/rusage-bpf", f"{programs}/rusage-bpf")
        os.symlink("/bin/true", f"{programs}/measured-command")
        os.symlink("/bin/sleep", f"{programs}/slumber")
        self.sleeper = subprocess.Popen([f"{programs}/slumber", "3600"])
        self.addCleanup(self.sleeper.wait)
        self.addCleanup(self.sleeper.kill)
        for name in ("run.ndjson", "my rows.json"):
            with open(os.path.join(work, name), "w", encoding="utf-8"):
                pass
        own = os.path.join(directory, "own")
        with open(own, "w", encoding="utf-8") as file:
            file.write(self.own)
        environment = {"PATH": f"{programs}:/usr/bin:/bin", "HOME": directory, "TERM": "vt100", "LC_ALL": "C.UTF-8"}
        self.shell = self.make_shell(own, environment, work)
        self.addCleanup(self.shell.close)

    def assert_offers(self, line, *expected):
        offered = self.shell.offered(line)
        self.assertEqual(set(expected) - words(offered, line), set(), f"{line!r} offers {offered!r}")

    def assert_does_not_offer(self, line, *unexpected):
        offered = self.shell.offered(line)
        self.assertEqual(set(unexpected) & words(offered, line), set(), f"{line!r} offers {offered!r}")

    def test_every_option_of_every_subcommand_is_offered(self):
        for line in command_lines():
            names = {name for option in line["options"] if option["group"] == "Options" for name in option["names"]}
            self.assert_offers(f"{line['command']} -", *(name for name in names if not name.startswith("--")))
            self.assert_offers(f"{line['command']} --", *(name for name in names if name.startswith("--")))

    def test_subcommands_are_offered_first_and_nowhere_else(self):
        names = [command["name"] for command in command_lines()[0]["subcommands"]]
        self.assert_offers("rusage-bpf ", *names)
        self.assert_does_not_offer("rusage-bpf -q ", *names)
        self.assert_does_not_offer("rusage-bpf report ", *names)

    def test_an_option_of_one_subcommand_is_not_offered_to_another(self):
        self.assert_does_not_offer("rusage-bpf report --", "--fail-if", "--backend")
        self.assert_does_not_offer("rusage-bpf --", "--fail-if")

    def test_values_that_are_a_closed_set_are_offered(self):
        self.assert_offers("rusage-bpf --backend ", "auto", "bpf", "proc")
        self.assert_offers("rusage-bpf --backend p", "proc")
        self.assert_offers("rusage-bpf --backend=p", "proc")
        self.assert_offers("rusage-bpf -q --until ", "command", "tree")
        self.assert_does_not_offer("rusage-bpf --backend ", "command", "tree")

    def test_outputs_are_offered_as_files_and_as_new_names_with_the_extension_of_each_format(self):
        self.assert_offers("rusage-bpf -o run", "run.ndjson", "run.json", "run.csv", "run.html", "run.perfetto.json")

    def test_files_are_offered_where_files_are_read(self):
        self.assert_offers("rusage-bpf compare r", "run.ndjson")
        self.assert_offers("rusage-bpf compare run.ndjson r", "run.ndjson")
        self.assert_offers("rusage-bpf --ring r", "run.ndjson")
        self.assertRegex(self.shell.offered("rusage-bpf report m"), r"my\\? rows\.json")

    def test_after_two_dashes_come_the_commands_of_path_and_then_their_own_completion(self):
        self.assert_offers("rusage-bpf -q -- measured-c", "measured-command")
        self.assert_offers("rusage-bpf -q -- measured-command ", "alpha", "beta")
        self.assert_offers("rusage-bpf --backend bpf -i 1 -- measured-command a", "alpha")
        self.assert_does_not_offer("rusage-bpf -- measured-command --", "--backend")

    def test_processes_are_offered_with_their_names(self):
        pid = str(self.sleeper.pid)
        # Without the last digit there may be one or several to choose from.
        self.assertIn(pid, self.shell.offered(f"rusage-bpf --pid {pid[:-1]}"))
        for line in ("rusage-bpf --pid ", "rusage-bpf --pid 1 --stop-with "):
            self.assertRegex(self.shell.offered(line), self.named_process.format(pid=pid))

    def test_cgroups_are_offered_from_where_they_are_mounted(self):
        with open("/proc/self/mounts", encoding="utf-8") as mounts:
            mount = next(line.split()[1] for line in mounts if line.split()[2] == "cgroup2")
        self.assertIn(f"{mount}/", self.shell.offered("rusage-bpf --cgroup "))
        inside = os.path.join(mount, "rusage-bpf-completion")
        os.mkdir(inside)
        try:
            self.assertIn("rusage-bpf-completion", self.shell.offered(f"rusage-bpf --cgroup {mount}/rusage-bpf-com"))
        finally:
            os.rmdir(inside)

    def test_users_are_offered(self):
        self.assert_offers("rusage-bpf --user nobod", "nobody")

    def test_what_can_be_limited_is_offered(self):
        self.assert_offers("rusage-bpf compare --fail-if peak_", "peak_rss", "peak_vms")

    def test_nothing_is_offered_for_a_number(self):
        self.assert_does_not_offer("rusage-bpf --interval ", "--backend", "run.ndjson", "report")

    def test_standard_output_is_offered_in_each_format(self):
        self.assert_offers("rusage-bpf convert run.ndjson -o -", "-.csv", "-.ndjson")
