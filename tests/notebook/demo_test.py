#!/usr/bin/env python3
"""The cells of python/demo.ipynb in a real kernel: each data frame against what its cell really did.

They are shortened, as the whole takes minutes; RUSAGE_TEST_DEMO=whole leaves them as they are.
Run by ctest as `notebook_demo`; by hand: RUSAGE_BUILD_DIR=build tests/notebook/demo_test.py [-v]
"""

import os
import unittest
from typing import Dict

import nbformat

from notebook import PACKAGE, Notebook

WHOLE = os.environ.get("RUSAGE_TEST_DEMO") == "whole"
SHORTER = [("10_000_000", "2_000_000"), ("1_000_000", "20_000"), ("time.sleep(3)", "time.sleep(.5)"),
           ("time.sleep(1)", "time.sleep(.2)"), ("0.5 * random", "0.01 * random"), ("300_000", "30_000"),
           ("sys.executable], stdout", "os.__file__], stdout")]
# What a buffered file holds back or reads ahead, and what Jupyter's threads write and read to wake each other.
SLACK_BYTES = 32 << 10
# The CPU time of a cell beside what it does itself: its prints, the live view.
CPU_BESIDE_S = .05


def cells():
    """The code cells, by the name of their data frame or by their first line."""
    found = {}
    for cell in nbformat.read(os.path.join(PACKAGE, "demo.ipynb"), as_version=4).cells:
        if cell.cell_type != "code":
            continue
        source = cell.source
        for old, new in [] if WHOLE else SHORTER:
            source = source.replace(old, new)
        words = source.splitlines()[0].split()
        if words[0].startswith("%%"):
            found[words[1 if words[0] == "%%rusage" else 2]] = source
        else:
            found.setdefault(source.splitlines()[0], source)
    return found


class DemoTest(unittest.TestCase):
    notebook: Notebook
    cells: Dict[str, str]

    @classmethod
    def setUpClass(cls):
        cls.cells = cells()
        cls.notebook = cls.enterClassContext(Notebook(patience_s=600))
        cls.notebook.run("import os, subprocess, sys")
        outputs = cls.notebook.run(cls.cells["%load_ext rusage_bpf"])
        assert not outputs.all, outputs.all

    def run_demo(self, name, error=None):
        """The outputs of a demo, and the sums of its data frame."""
        outputs = self.notebook.run(self.cells[name])
        self.assertEqual(outputs.error, error)
        self.assertEqual(len(outputs.charts), 3)
        self.assertEqual(outputs.errors, "")
        self.assertGreaterEqual(self.notebook.value(f"len({name})"), 3)
        sums = self.notebook.value(f"{name}.sum(numeric_only=True).to_dict()")
        return outputs, sums

    def test_basic(self):
        _, sums = self.run_demo("basic_test_samples_df")
        rows = self.notebook.value("len(basic_test_samples_df)")
        self.assertLess(sums["user"] + sums["system"], CPU_BESIDE_S)
        self.assertEqual(sums["pid_count"], rows)
        self.assertEqual(self.notebook.value("basic_test_samples_df.num_fds.nunique()"), 1)
        outputs = self.notebook.run("basic_test_samples_df")
        self.assertIn("ctx_switches_involuntary", str(outputs.all))

    def test_cpu(self):
        magic, cell = self.cells["cpu_test_samples_df"].split("\n", 1)
        self.cells["cpu_test_samples_df"] = (f"{magic}\n_began = time.process_time()\n{cell}\n"
                                             "_used = time.process_time() - _began")
        _, sums = self.run_demo("cpu_test_samples_df")
        used = self.notebook.value("_used")
        self.assertGreaterEqual(sums["user"] + sums["system"], used)
        self.assertLess(sums["user"] + sums["system"], used * 1.01 + CPU_BESIDE_S)

    def test_memory(self):
        self.run_demo("memory_test_samples_df")
        rss, length = self.notebook.value("[memory_test_samples_df.rss.tolist(), len(my_list)]")
        grown = rss[-1] - rss[0]
        self.assertGreaterEqual(grown, length * 8 * .95)
        self.assertLess(grown, length * 8 * 1.3 + (16 << 20))

    def test_read(self):
        _, sums = self.run_demo("read_test_samples_df", "ZeroDivisionError: division by zero")
        beside = sums["read_bytes"] - self.notebook.value("bytes_read")
        self.assertTrue(0 <= beside < SLACK_BYTES, beside)
        self.assertLess(sums["write_bytes"], SLACK_BYTES)

    def test_write(self):
        outputs, sums = self.run_demo("write_test_samples_df")
        written = self.notebook.value("bytes_written")
        self.assertIn(f"bytes_written={written}", outputs.text)
        self.assertLess(abs(sums["write_bytes"] - written), SLACK_BYTES)
        self.assertLess(sums["read_bytes"], SLACK_BYTES)

    def test_child_processes(self):
        outputs, _ = self.run_demo("child_process_test_samples_df")
        name = "child_process_test_samples_df"
        self.assertIn("Testing IMapIterator.next() with timeout", outputs.text)
        forks, exits = self.notebook.value(f"[{name}.attrs['totals']['forks'], {name}.attrs['totals']['exits']]")
        self.assertEqual([forks, exits], [1 + 4 + 8] * 2)
        self.assertEqual(self.notebook.value(f"sorted(set({name}.pid_count.tolist()) & {{1, 2, 5, 9}})"), [1, 2, 5, 9])
        self.assertEqual(self.notebook.value(f"int({name}.pid_count.max())"), 9)

    def test_commands_and_marks(self):
        self.run_demo("compression_df")
        self.assertEqual(self.notebook.value("[mark['label'] for mark in compression_df.attrs['marks']]"),
                         ["gzip", "bzip2", "xz"])
        commands = self.notebook.value("{one['command']: one['processes'] for one in compression_df.attrs['commands']}")
        self.assertEqual({name: commands[name] for name in ("gzip", "bzip2", "xz")}, {"gzip": 1, "bzip2": 1, "xz": 1})
        size = self.notebook.value(f"os.path.getsize({'sys.executable' if WHOLE else 'os.__file__'})")
        read = self.notebook.value("{one['command']: one['read_bytes'] for one in compression_df.attrs['commands']}")
        for name in ("gzip", "bzip2", "xz"):
            self.assertTrue(size <= read[name] < size + SLACK_BYTES, (name, read[name], size))

    def test_pandas_after_a_crash(self):
        self.assertIsNone(self.notebook.run(self.cells['script = """']).error)
        self.assertEqual(self.notebook.value("crashed.returncode"), -9)
        outputs = self.notebook.run(self.cells["pandas_test_samples_df = recover_samples_list(crashed.stdout.strip())"])
        self.assertIsNone(outputs.error)
        self.assertRegex(outputs.text, r"was killed by signal 9 \(Killed\) after ")
        self.assertEqual(len(outputs.charts), 3)
        lines = 300_000 if WHOLE else 30_000
        written = sum(len(f"{n} {n * n} passport\n") for n in range(lines))
        sums = self.notebook.value("pandas_test_samples_df.sum(numeric_only=True).to_dict()")
        for name in ("read_bytes", "write_bytes"):
            self.assertTrue(written <= sums[name] < written + SLACK_BYTES, (name, written, sums[name]))


if __name__ == "__main__":
    unittest.main()
