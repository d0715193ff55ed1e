#!/usr/bin/env python3
"""The cell magics in a real kernel: what they print and show, and what is in the data frame.

Run by ctest as `notebook_magic`; by hand: RUSAGE_BUILD_DIR=build tests/notebook/magic_test.py [-v] [TEST...]
"""

import os
import re
import signal
import threading
import time
import unittest

from notebook import Notebook, recorders_of, wait_until

COLUMNS = ["timestamp", "pid_count", "user", "system", "read_count", "write_count", "read_bytes", "write_bytes",
           "rss", "vms", "ctx_switches_voluntary", "ctx_switches_involuntary", "num_fds"]
GAUGES = ["pid_count", "rss", "vms", "num_fds"]
# What Jupyter's own threads read and write while a cell prints and shows something, 8 bytes a time.
JUPYTER_BYTES = 4096


class MagicTest(unittest.TestCase):
    notebook: Notebook

    @classmethod
    def setUpClass(cls):
        cls.notebook = cls.enterClassContext(Notebook())
        outputs = cls.notebook.run("%load_ext rusage_bpf\nimport json, os, time")
        assert not outputs.all, outputs.all

    def run_cell(self, source):
        outputs = self.notebook.run(source)
        self.assertIsNone(outputs.error)
        return outputs

    def wait_for_cell(self):
        """Until a cell has made the file `begun`, and some rows have come."""
        begun = f"{self.notebook.home.name}/begun"
        wait_until("the cell", lambda: os.path.exists(begun))
        os.remove(begun)
        time.sleep(.4)

    def sums(self, name):
        return self.notebook.value(f"{name}.sum(numeric_only=True).to_dict()")

    def test_it_prints_where_the_rows_are_safe_and_nothing_is_left_there_afterwards(self):
        listing = f"print(os.listdir({self.notebook.state!r}))"
        lines = self.run_cell(f"%%getrusage_in_background .1 df\n{listing}").text.splitlines()
        ring = os.path.join(self.notebook.state, "")
        self.assertRegex(lines[0], rf"^Recovery file path: {re.escape(ring)}\S+\.ring$")
        path = lines[0].split(": ")[1]
        self.assertEqual(lines[1], f"After a crash, run recover_samples_list('{path}')")
        self.assertEqual(lines[2], "Recorder: rusage-bpf as root; source: bpf")
        self.assertIn(os.path.basename(path), lines[3])
        self.assertEqual(os.listdir(self.notebook.state), [])

    def test_the_data_frame_has_the_basic_columns_and_their_types(self):
        self.run_cell("%%getrusage_in_background .05 df\ntime.sleep(.3)")
        types = self.notebook.value("{name: str(kind) for name, kind in df.dtypes.items()}")
        self.assertEqual(list(types), COLUMNS)
        for name, kind in types.items():
            self.assertEqual(kind, "datetime64[ns]" if name == "timestamp" else
                             "int64" if name in GAUGES else "float64", name)
        missing = self.notebook.value("df.isna().sum(axis=1).tolist()")
        self.assertEqual(missing[0], len(COLUMNS) - len(GAUGES) - 1)
        self.assertEqual(sum(missing[1:]), 0)
        rows, interval = self.notebook.value("[len(df), float(df.timestamp.diff().median().total_seconds())]")
        self.assertGreaterEqual(rows, 3)
        self.assertGreater(interval, .04)

    def test_rusage_has_every_column_and_all_else_in_attrs(self):
        self.run_cell("%%rusage df --interval .01 --all --processes\nos.system('/bin/true')\n"
                      "from rusage_bpf import mark\nmark('epoch 3')\ntime.sleep(.05)")
        self.assertEqual(self.notebook.value("list(df.columns)")[:len(COLUMNS)], COLUMNS)
        self.assertEqual(self.notebook.value("sorted(set(df.attrs['totals']) - set(df.columns))"), [])
        self.assertIn("exits", self.notebook.value("list(df.columns)"))
        self.assertEqual(self.notebook.value("sorted(df.attrs)"),
                         ["audit", "commands", "marks", "meta", "processes", "totals"])
        self.assertEqual(self.notebook.value("df.attrs['meta']['root_pid']"), self.notebook.pid())
        self.assertIn("true", self.notebook.value("[one['command'] for one in df.attrs['commands']]"))
        self.assertEqual(self.notebook.value("df.attrs['totals']['forks']"), self.sums("df")["forks"])
        mark = self.notebook.value("{**df.attrs['marks'][0], 'timestamp': str(df.attrs['marks'][0]['timestamp'])}")
        self.assertEqual(mark["label"], "epoch 3")
        row, before = (self.notebook.value(f"str(df.timestamp[{mark['row'] - n}])") for n in (0, 1))
        self.assertTrue(before < mark["timestamp"] <= row, (before, mark, row))
        self.run_cell("%%rusage df\n1")
        self.assertEqual(self.notebook.value("[len(df.columns), 'processes' in df.attrs]"),
                         [len(COLUMNS), False])

    def test_reads_and_writes_are_those_of_the_cell_also_beside_the_live_view(self):
        for option in ("", "--no-live"):
            outputs = self.run_cell(f"""%%rusage df --interval .001 --all {option}
from rusage_bpf import mark
source, sink = os.open("/dev/zero", os.O_RDONLY), os.open("/dev/null", os.O_WRONLY)
for _ in range(14):
    time.sleep(.1)
    for _ in range(1000):
        os.write(sink, os.read(source, 7_000))
mark("the last statement")
""")
            self.notebook.run("os.close(source); os.close(sink)")
            with self.subTest(option):
                self.assertEqual(outputs.live is not None, not option)
                sums = self.sums("df")
                for name in ("read", "write"):
                    beside = sums[f"{name}_bytes"] - 14 * 1000 * 7_000
                    self.assertTrue(0 <= beside < JUPYTER_BYTES, (name, beside))
                    self.assertEqual(beside % 8, 0)
                    self.assertEqual(beside // 8, sums[f"{name}_count"] - 14 * 1000)
                # Neither a descriptor nor a thread comes or goes between when the cell has its own two and its end.
                # Afterwards, what stops the recorder is a descriptor for a moment.
                self.notebook.run("within = df[:df.attrs['marks'][0]['row']]\n"
                                  "within = within[within.read_bytes.cumsum() > 7_000]")
                self.assertEqual(self.notebook.value("[within.num_fds.nunique(), df.thread_count.nunique()]"), [1, 1])

    def test_cpu_time_is_that_of_the_process(self):
        self.run_cell("""%%getrusage_in_background .01 df
begin = time.process_time()
while time.process_time() < begin + 2: pass
used = time.process_time() - begin""")
        used, sums = self.notebook.value("used"), self.sums("df")
        self.assertGreaterEqual(sums["user"] + sums["system"], used)
        self.assertLess(sums["user"] + sums["system"], used * 1.01)

    def test_the_last_value_of_a_cell_is_shown_and_its_names_are_the_notebooks(self):
        outputs = self.run_cell("%%getrusage_in_background .1 df\nnumbers = range(7)\nsum(numbers)")
        self.assertEqual([output.data["text/plain"] for output in outputs.all
                          if output.output_type == "execute_result"], ["21"])
        self.assertEqual(self.notebook.value("len(numbers)"), 7)
        self.assertIn("4", self.run_cell("%%rusage df\n%time _ = 2 + 2\n!echo $((2 + 2))").text)

    def test_a_cell_that_raises_has_charts_data_frame_and_its_traceback(self):
        self.notebook.run("del df")
        outputs = self.notebook.run("%%getrusage_in_background .1 df\ntime.sleep(.2)\nz = 1/0\nprint('not this')")
        self.assertEqual(outputs.error, "ZeroDivisionError: division by zero")
        trace = "\n".join(outputs.all[-1].traceback)
        self.assertIn("1", trace)
        self.assertNotIn("rusage_bpf/", trace)
        self.assertEqual(len(outputs.charts), 3)
        self.assertNotIn("not this", outputs.text)
        self.assertGreaterEqual(self.notebook.value("len(df)"), 2)

    def test_a_cell_that_is_interrupted_has_them_too_and_the_recorder_is_gone(self):
        self.notebook.run("df = None")
        def interrupt_cell():
            self.wait_for_cell()
            os.kill(self.notebook.pid(), signal.SIGINT)

        interrupt = threading.Thread(target=interrupt_cell)
        interrupt.start()
        outputs = self.notebook.run("%%getrusage_in_background .1 df\nopen('begun', 'w').close()\ntime.sleep(60)")
        interrupt.join()
        self.assertRegex(outputs.error, "^KeyboardInterrupt")
        self.assertEqual(len(outputs.charts), 3)
        self.assertGreater(self.notebook.value("len(df)"), 2)
        self.assertEqual(os.listdir(self.notebook.state), [])

    def test_wrong_arguments_are_told_before_the_cell_runs(self):
        for line, words in (("getrusage_in_background", "two arguments are required, and 0 given; usage: "),
                            ("getrusage_in_background .1", "two arguments are required, and 1 given; usage: "),
                            ("getrusage_in_background df .1", "df is no interval"),
                            ("getrusage_in_background .00001 df", "it is seconds between .0001 and 3600"),
                            ("getrusage_in_background nan df", "nan is no interval"),
                            ("getrusage_in_background .1 2x", "2x is no name for a variable"),
                            ("getrusage_in_background .1 for", "for is no name"),
                            ("rusage", "the following arguments are required: name"),
                            ("rusage df --sometimes", "unrecognized arguments: --sometimes"),
                            ("rusage df -i x", "x is no interval")):
            with self.subTest(line):
                outputs = self.notebook.run(f"%%{line}\nprint('it runs')")
                self.assertIn("UsageError: ", outputs.errors)
                self.assertIn(words, outputs.errors)
                self.assertEqual(outputs.text, "")

    def test_the_help_has_the_magics_as_they_are_written(self):
        for magic in ("rusage", "getrusage_in_background"):
            shown = self.notebook.value(f"get_ipython().find_cell_magic({magic!r}).__doc__")
            self.assertIn(f"%%{magic} ", shown)
            self.assertNotIn("%%%", shown)

    def test_a_cell_whose_recorder_is_killed_goes_on_and_has_the_rows_until_then(self):
        def kill():
            self.wait_for_cell()
            [recorder] = recorders_of(self.notebook.pid())
            os.kill(recorder, 9)
            with open(f"{self.notebook.home.name}/killed", "w", encoding="utf-8"):
                pass

        killer = threading.Thread(target=kill)
        killer.start()
        outputs = self.run_cell("""%%getrusage_in_background .02 df
open("begun", "w").close()
for _ in range(6000):
    if os.path.exists("killed"): break
    time.sleep(.01)
print("it goes on")""")
        killer.join()
        self.assertIn("it goes on", outputs.text)
        self.assertIn("the recorder failed: it was killed; the rows until then are recovered", outputs.errors)
        self.assertEqual(len(outputs.charts), 3)
        self.assertGreater(self.notebook.value("len(df)"), 5)

    def test_a_short_cell_shows_nothing_while_it_runs(self):
        self.assertIsNone(self.run_cell("%%getrusage_in_background .01 df\ntime.sleep(.1)").live)

    def test_a_long_cell_shows_one_line_and_a_small_chart(self):
        outputs = self.run_cell("%%getrusage_in_background .05 df\nblock = bytearray(64 << 20)\n"
                                "begin = time.time()\nwhile time.time() < begin + 2.5: pass")
        self.assertRegex(outputs.live, r"^0:0[12]  CPU \d+ %  RSS [\d.]+ [MG]iB  1 process  "
                                       r"read \S+ (Ki)?B/s  write \S+ (Ki)?B/s$")
        [live] = [output.data["text/html"] for output in outputs.all
                  if output.get("data", {}).get("text/plain") == outputs.live]
        self.assertEqual(len(re.findall(r'<polyline points="[\d., ]+"', live)), 2)

    def test_from_rusage_bpf_import_all_is_enough(self):
        with Notebook() as other:
            outputs = other.run("from rusage_bpf import *")
            self.assertEqual(outputs.all, [])
            self.assertEqual(len(other.run("%%getrusage_in_background .1 df\n1").charts), 3)


if __name__ == "__main__":
    unittest.main()
