#!/usr/bin/env python3
"""The package in a script, without IPython: record, read, plot.

Run by ctest as `notebook_script`; by hand: RUSAGE_BUILD_DIR=build tests/notebook/script_test.py [-v] [TEST...]
"""

import json
import os
import subprocess
import sys
import tempfile
import time
import unittest

from notebook import BUILD, PACKAGE, environment

HOME = tempfile.TemporaryDirectory(prefix="rusage-bpf-script-")
os.environ.update(environment(HOME.name))
sys.path.insert(0, PACKAGE)

sys.modules["IPython"] = None  # type: ignore[assignment]  # as where it is not installed

import rusage_bpf
from rusage_bpf.documents import _CHUNK_ROWS
from rusage_bpf.page_cache import read_mapped


class ScriptTest(unittest.TestCase):
    def path(self, name):
        return os.path.join(HOME.name, name)

    def test_a_block_is_recorded_and_nothing_is_left_of_it(self):
        with rusage_bpf.record(interval=.01) as r:
            self.assertIsNone(r.samples)
            self.assertTrue(os.path.exists(r.ring))
            subprocess.run(["/bin/true"], check=True)
            r.mark("epoch 3")
            time.sleep(.05)
        self.assertEqual(list(r.samples.columns), [column["name"] for column in r.columns])
        self.assertIn("exits", r.samples.columns)
        self.assertEqual(r.meta["root_pid"], os.getpid())
        self.assertEqual(r.totals["execs"], 1)
        self.assertEqual(r.audit["events_lost"], 0)
        self.assertEqual({process["command"] for process in r.processes},
                         {command["command"] for command in r.commands})
        self.assertIn("true", {command["command"] for command in r.commands})
        self.assertEqual(r.frame().attrs["marks"][0]["label"], "epoch 3")
        self.assertEqual(os.listdir(os.path.dirname(self.path(".local/state/rusage-bpf/."))), [])
        r.plot(self.path("run.html"))
        self.assertIn("epoch 3", open_and_read(self.path("run.html")))

    def test_an_exception_in_the_block_is_passed_on_and_the_rows_are_there(self):
        with self.assertRaises(ZeroDivisionError):
            with rusage_bpf.record() as r:
                raise ZeroDivisionError
        self.assertEqual(r.meta["ended_by"], "eof")
        self.assertGreaterEqual(len(r.samples), 1)

    def test_another_process_is_recorded_by_its_number(self):
        sleeper = subprocess.Popen(["sleep", "3600"])
        try:
            with rusage_bpf.record(pid=sleeper.pid) as r:
                pass
        finally:
            sleeper.kill()
            sleeper.wait()
        self.assertEqual([span["command"] for span in r.processes], ["sleep"])

    def test_blocks_within_blocks_have_marks_of_their_own(self):
        with rusage_bpf.record() as outer:
            with rusage_bpf.record() as inner:
                rusage_bpf.mark("inner")
            rusage_bpf.mark("outer")
        self.assertEqual([mark["label"] for mark in inner.marks], ["inner"])
        self.assertEqual([mark["label"] for mark in outer.marks], ["outer"])

    def test_a_file_that_has_become_shorter_meanwhile_harms_nothing(self):
        with open(self.path("shorter"), "w+b") as file:
            file.write(b"x" * 5000)
            file.flush()
            self.assertEqual(read_mapped(file.fileno(), 4097, 5000), b"x" * 903)
            self.assertEqual(read_mapped(file.fileno(), 10, 20_000)[:4990], b"x" * 4990)
            self.assertEqual(read_mapped(file.fileno(), 8192, 20_000), b"")

    def test_what_cannot_be_is_told_in_one_line(self):
        with self.assertRaisesRegex(rusage_bpf.RecorderError, "^mark: nothing is being recorded$"):
            rusage_bpf.mark("here")
        gone = subprocess.Popen(["true"])
        gone.wait()
        with self.assertRaisesRegex(rusage_bpf.RecorderError, f"^--pid {gone.pid}: there is no such process$"):
            with rusage_bpf.record(pid=gone.pid):
                self.fail("it runs")
        with self.assertRaisesRegex(rusage_bpf.RecorderError, "^--interval 7200.0: give seconds between"):
            with rusage_bpf.record(interval=7200):
                self.fail("it runs")
        for text in ("{}", "[]", "no JSON", ""):
            with open(self.path("other.json"), "w", encoding="utf-8") as file:
                file.write(text)
            with self.assertRaisesRegex(ValueError, "other.json: is not a recording of rusage-bpf"):
                rusage_bpf.read(self.path("other.json"))

    def test_json_and_ndjson_of_one_recording_are_the_same(self):
        json_path, lines_path = self.path("rusage.json"), self.path("rusage.ndjson")
        subprocess.run([f"{BUILD}/rusage-bpf", "-q", "-i", ".001", "-o", json_path, "-o", lines_path, "--", "sh", "-c",
                        "for i in 1 2 3; do /bin/true; done; sleep .1; exit 3"], check=False)
        one, other = rusage_bpf.read(json_path), rusage_bpf.read(lines_path)
        self.assertGreater(len(one.samples), 2)
        self.assertTrue(one.samples.equals(other.samples))
        self.assertEqual(one.samples.dtypes.tolist(), other.samples.dtypes.tolist())
        for name in ("meta", "columns", "totals", "processes", "commands", "audit"):
            self.assertEqual(getattr(one, name), getattr(other, name), name)
        self.assertEqual(one.meta["exit_code"], 3)

        # Many rows are read in pieces, and a torn last line is none.
        lines = open_and_read(lines_path).splitlines(keepends=True)
        sample = next(line for line in lines if line.startswith('{"kind":"sample"') and '"user":null' not in line)
        with open(lines_path, "w", encoding="utf-8") as file:
            file.writelines([lines[0], *[sample] * (_CHUNK_ROWS + 7), sample[:50]])
        cut = rusage_bpf.read(lines_path)
        self.assertEqual(len(cut.samples), _CHUNK_ROWS + 7)
        self.assertEqual(cut.samples["rss"].unique().tolist(), [json.loads(sample)["rss"]])
        self.assertIsNone(cut.totals)
        cut.plot(self.path("run.html"))


def open_and_read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


if __name__ == "__main__":
    unittest.main()
