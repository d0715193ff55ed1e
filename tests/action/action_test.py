#!/usr/bin/env python3
"""The GitHub Action, its steps run as a runner runs them.

Run by ctest as `action`; by hand: sudo RUSAGE_BUILD_DIR=build tests/action/action_test.py [-v] [TEST...]
"""

import functools
import hashlib
import http.server
import json
import os
import re
import shutil
import subprocess
import tempfile
import threading
import unittest

from runner import Job

ROOT = os.path.realpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../.."))
ACTION = os.path.join(ROOT, "action")
BUILD = os.path.abspath(os.environ.get("RUSAGE_BUILD_DIR", "build"))
RECORDER = f"{BUILD}/rusage-bpf"


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def tables(markdown):
    """The rows of its tables as lists of cells; an error if a row has not as many as its head."""
    found, width = [], None
    for line in markdown.splitlines():
        if not line.startswith("|"):
            width = None
            continue
        cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        width = width or len(cells)
        if len(cells) != width:
            raise AssertionError(f"a row of {len(cells)} cells in a table of {width}: {line}")
        found.append(cells)
    return found


class ActionTest(unittest.TestCase):
    def setUp(self):
        self.directory = self.enterContext(tempfile.TemporaryDirectory(prefix="rusage-bpf-action-"))
        self.job = Job(ACTION, self.directory)

    def use(self, **inputs):
        return self.job.use(recorder=RECORDER, **inputs)

    def test_commands_are_recorded_into_a_summary_a_page_and_a_document(self):
        succeeded, outputs = self.use(run="for i in 1 2 3; do /bin/true; done\necho from the step")
        self.assertTrue(succeeded, self.job.log)
        self.assertIn("from the step\n", self.job.log)
        self.assertEqual(outputs["status"], "0")
        document = json.loads(read(outputs["json"]))
        self.assertIn("true", {command["command"] for command in document["commands"]})
        self.assertTrue(read(outputs["page"]).startswith("<!DOCTYPE html>"))
        summary = read(self.job.summary)
        self.assertIn("### Recorded: rusage\n", summary)
        rows = {row[0]: row[1:] for row in tables(summary)}
        self.assertEqual(rows[""], ["exit status 0"])
        self.assertEqual(rows["true"][0], "3")
        self.assertRegex(rows["peak memory"][0], r"^\d+\.\d\d MiB$")

    def test_the_step_fails_as_its_commands_do_and_has_its_summary(self):
        succeeded, outputs = self.use(run="false\necho not reached")
        self.assertFalse(succeeded)
        self.assertEqual(outputs["status"], "1")
        self.assertNotIn("not reached", self.job.log)
        self.assertIn("exit status 1", read(self.job.summary))
        succeeded, outputs = self.use(run="exit 3 | cat", name="pipe")
        self.assertEqual((succeeded, outputs["status"]), (False, "3"))

    def test_the_steps_between_start_and_stop_are_recorded(self):
        self.assertTrue(self.use(mode="start", name="steps")[0], self.job.log)
        self.addCleanup(self.job.use, mode="stop", name="steps")
        # A step of the job: a child of the runner, which is this process.
        subprocess.run(["/bin/bash", "-c", "/bin/true; /bin/true"], check=True)
        succeeded, outputs = self.job.use(mode="stop", name="steps")
        self.assertTrue(succeeded, self.job.log)
        document = json.loads(read(outputs["json"]))
        self.assertEqual(document["meta"]["root_pid"], os.getpid())
        self.assertEqual(document["meta"]["ended_by"], "SIGTERM")
        processes = {command["command"]: command["processes"] for command in document["commands"]}
        self.assertGreaterEqual(processes["true"], 2)
        self.assertIn("until SIGTERM", read(self.job.summary))

    def test_a_limit_that_fails_fails_the_step_and_is_an_annotation(self):
        _, before = self.use(run="/bin/true", name="before")
        shutil.copy(before["json"], f"{self.job.workspace}/baseline.json")
        run = "for i in $(seq 20); do /bin/true; done"
        succeeded, _ = self.use(run=run, baseline="baseline.json", fail_if="execs>+100%\npeak_rss>1GiB\n")
        self.assertFalse(succeeded)
        error, = self.job.annotations("error")
        self.assertRegex(error, r"^execs is \d+, .* above .*; the limit is \+100 %$")
        rows = {row[0]: row[1:] for row in tables(read(self.job.summary)) if len(row) == 4}
        self.assertRegex(rows["execs"][2], r"^\+\d+\.\d %$")
        self.assertIn("- :x: execs is", read(self.job.summary).replace("\\", ""))

    def test_limits_that_hold_let_the_step_succeed(self):
        _, before = self.use(run="/bin/true", name="before")
        succeeded, _ = self.use(run="/bin/true", baseline=before["json"], fail_if="execs>+1\n\n  peak_rss>1GiB")
        self.assertTrue(succeeded, self.job.log)
        self.assertIn("#### Compared with the baseline", read(self.job.summary))

    def test_without_a_baseline_absolute_limits_are_checked_and_a_notice_says_so(self):
        succeeded, _ = self.use(run="/bin/true", baseline="none.json", fail_if="execs>+1%\npeak_rss>1GiB")
        self.assertTrue(succeeded, self.job.log)
        notice, = self.job.annotations("notice")
        self.assertEqual(notice, "there is no none.json yet: only absolute limits are checked")
        succeeded, _ = self.use(run="/bin/true", fail_if="execs>1")
        self.assertFalse(succeeded)

    def test_a_limit_that_is_none_is_one_annotation(self):
        succeeded, _ = self.use(run="/bin/true", fail_if="nonsense>1")
        self.assertFalse(succeeded)
        self.assertEqual(len(self.job.annotations("error")), 1)
        self.assertIn("nonsense", self.job.annotations("error")[0])

    def test_options_are_lines_and_reach_the_recorder(self):
        options = "--backend\nproc\n\n--max-processes\n0\n"
        succeeded, outputs = self.use(run="/bin/true", interval=".01", options=options)
        self.assertTrue(succeeded, self.job.log)
        meta = json.loads(read(outputs["json"]))["meta"]
        self.assertEqual((meta["backend"], meta["interval"]), ("proc", .01))

    def test_names_of_commands_are_no_markup_in_the_summary(self):
        program = f"{self.job.workspace}/a|b<img>`_*[x](y)"
        os.symlink("/bin/true", program)
        succeeded, _ = self.use(run="./a*")
        self.assertTrue(succeeded, self.job.log)
        summary = read(self.job.summary)
        self.assertNotIn("<img>", summary)
        name, = [row[0] for row in tables(summary) if row[0].startswith("a")]
        self.assertEqual(name.replace("\\", "").replace("&lt;", "<"), os.path.basename(program))

    def test_wrong_inputs_are_one_annotation_that_says_what_to_do(self):
        for inputs, part in (({"mode": "go"}, "run, start or stop"), ({"run": ""}, "give the input run"),
                             ({"run": "true", "name": "../x"}, "the name '../x'"),
                             ({"mode": "stop", "name": "none"}, "there was no mode start")):
            with self.subTest(inputs):
                job = Job(ACTION, tempfile.mkdtemp(dir=self.directory))
                self.assertFalse(job.use(recorder=RECORDER, **inputs)[0])
                self.assertIn(part, job.annotations("error")[0])
        job = Job(ACTION, tempfile.mkdtemp(dir=self.directory))
        self.assertFalse(job.use(recorder="/nothing", run="true")[0])
        self.assertIn("the recorder /nothing is no program", job.annotations("error")[0])

    def test_no_input_is_put_into_a_script(self):
        for step in self.job.description["runs"]["steps"]:
            self.assertNotIn("${{", step["run"])


class InstallTest(unittest.TestCase):
    """The recorder comes from a release, here of a server on this machine."""

    def setUp(self):
        self.directory = self.enterContext(tempfile.TemporaryDirectory(prefix="rusage-bpf-release-"))
        version, = re.findall(r"project\(rusage-bpf VERSION ([\d.]+)", read(f"{ROOT}/CMakeLists.txt"))
        self.name = f"rusage-bpf-{version}-{os.uname().machine}"
        self.releases = f"{self.directory}/owner/rusage-bpf/releases/download/v{version}"
        os.makedirs(self.releases)
        shutil.copy(RECORDER, f"{self.releases}/{self.name}")
        with open(RECORDER, "rb") as file:
            self.write_sums(hashlib.sha256(file.read()).hexdigest(), self.name)

        class Quiet(http.server.SimpleHTTPRequestHandler):
            def log_message(self, *_):  # pylint: disable=arguments-differ
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=self.directory))
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        self.job = Job(ACTION, tempfile.mkdtemp(dir=self.directory), no_proxy="*")
        self.job.release = f"http://127.0.0.1:{server.server_port}"

    def write_sums(self, digest, name):
        with open(f"{self.releases}/SHA256SUMS", "w", encoding="utf-8") as file:
            file.write(f"{'0' * 64}  other\n{digest}  {name}\n")

    def test_it_is_downloaded_and_records(self):
        succeeded, outputs = self.job.use(run="/bin/true")
        self.assertTrue(succeeded, self.job.log)
        self.assertEqual(outputs["status"], "0")

    def test_a_download_with_another_sum_is_refused_before_anything_runs(self):
        self.write_sums("1" * 64, self.name)
        self.assertFalse(self.job.use(run="echo ran")[0])
        self.assertIn(f"{self.name} has not the sum of SHA256SUMS", self.job.annotations("error")[0])
        self.assertNotIn("ran\n", self.job.log)

    def test_a_download_without_a_sum_is_refused(self):
        self.write_sums("1" * 64, "another")
        self.assertFalse(self.job.use(run="true")[0])
        self.assertIn(f"{self.name} has not the sum of SHA256SUMS", self.job.annotations("error")[0])

    def test_a_release_that_is_not_there_is_named(self):
        os.remove(f"{self.releases}/{self.name}")
        self.assertFalse(self.job.use(run="true")[0])
        self.assertIn(f"cannot download {self.job.release}/owner/rusage-bpf", self.job.annotations("error")[0])

    def test_one_in_path_is_taken_without_a_download(self):
        os.symlink(RECORDER, f"{self.job.workspace}/rusage-bpf")
        self.job.environment["PATH"] = f"{self.job.workspace}:/usr/bin:/bin"
        self.job.release = "http://127.0.0.1:9"
        self.assertTrue(self.job.use(run="/bin/true")[0], self.job.log)


if __name__ == "__main__":
    unittest.main()
