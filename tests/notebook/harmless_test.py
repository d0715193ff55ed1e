#!/usr/bin/env python3
"""A recorded cell does, shows and raises what it would without the magic, whatever goes wrong with the recording.

Run by ctest as `notebook_harmless`; by hand: RUSAGE_BUILD_DIR=build tests/notebook/harmless_test.py [-v] [TEST...]
"""

import os
import signal
import stat
import sys
import threading
import unittest

from notebook import Notebook, wait_until

DOES = "import rusage_bpf; rusage_bpf.mark('here')\nprint('it runs')"
GOOD, BAD = f"{DOES}\n6 * 7", f"{DOES}\nraise ZeroDivisionError('its own')"


class HarmlessTest(unittest.TestCase):
    notebook: Notebook

    @classmethod
    def setUpClass(cls):
        cls.notebook = cls.enterClassContext(Notebook())
        outputs = cls.notebook.run("%load_ext rusage_bpf\nimport json, os, sys, time\n"
                                   "recorder = os.environ['RUSAGE_BPF']")
        assert not outputs.all, outputs.all

    def check(self, before, after, words, charts=0, kind="NoneType"):
        """A cell that is good and one that is bad, with something broken: each has what it would have, and one line."""
        outputs = self.notebook.run(before)
        self.assertIsNone(outputs.error)
        try:
            for source, error, value in ((GOOD, None, ["42"]), (BAD, "ZeroDivisionError: its own", [])):
                self.notebook.run("df = 'old'")
                outputs = self.notebook.run(f"%%rusage df --interval .01\n{source}")
                self.assertEqual(outputs.error, error)
                self.assertIn("it runs", outputs.text)
                self.assertEqual([output.data["text/plain"] for output in outputs.all
                                  if output.output_type == "execute_result"], value)
                lines = outputs.errors.splitlines()
                self.assertEqual(len(lines), 1, lines)
                self.assertRegex(lines[0], f"^rusage-bpf: .*{words}")
                self.assertEqual(len(outputs.charts), charts)
                self.assertEqual(self.notebook.run("print(type(df).__name__)").text.strip(),
                                 kind)
                if error:
                    self.assertNotIn("rusage_bpf/", "\n".join(outputs.all[-1].traceback if not charts else []))
        finally:
            self.assertIsNone(self.notebook.run(after).error)

    def program(self, text):
        path = os.path.join(self.notebook.home.name, "recorder.sh")
        with open(path, "w", encoding="utf-8") as file:
            file.write(f"#!/bin/sh\n{text}\n")
        os.chmod(path, stat.S_IRWXU)
        return f"os.environ['RUSAGE_BPF'] = {path!r}"

    BACK = "os.environ['RUSAGE_BPF'] = recorder"

    def test_where_there_is_no_recorder_or_one_that_fails_or_is_none(self):
        not_recorded = "; the cell runs and is not recorded$"
        for before, words in (
                ("os.environ['RUSAGE_BPF'] = '/nowhere/rusage-bpf'", "is no program"),
                ("os.environ['RUSAGE_BPF'] = '/bin/false'", "the recorder ended without a message"),
                ("echo 'rusage-bpf: refused' >&2; exit 125", "refused"),
                ("kill -9 $$", "the recorder ended without a message"),
                ('for file; do :; done; echo no recording >"$file"; sleep .2', "recorder.sh writes no recording: ")):
            with self.subTest(before):
                before = before if "RUSAGE_BPF" in before else self.program(before)
                self.check(before, self.BACK, words + ".*" + not_recorded)
                self.assertEqual(os.listdir(self.notebook.state), [])

    def test_where_its_document_is_damaged_the_rows_are_those_of_the_ring(self):
        program = self.program('"$REAL" "$@"; [ "$1" = recover ] && exit\nfor file; do :; done\n'
                               'sed -i "1s/rusage-bpf.1/rusage-bpf.9/" "$file"')
        self.check(program + "; os.environ['REAL'] = recorder", self.BACK,
                   "its schema is not rusage-bpf/1.*; the rows until then are recovered$", charts=3, kind="DataFrame")

    def test_where_the_clock_is_set_back_while_a_cell_runs_marks_are_in_their_rows(self):
        for step_s in (-.05, -3600):
            # What the recorder writes where the clock is set after .1 s; the cell's own clock is set there as well.
            program = self.program(f"""REAL "$@"; [ "$1" = recover ] && exit
for file; do :; done
exec {sys.executable} - "$file" <<'end'
import datetime, json, sys
def set_clock(row):
    if row["kind"] == "sample" and row["elapsed"] > .1:
        at = datetime.datetime.strptime(row["timestamp"], "%Y-%m-%dT%H:%M:%S.%fZ")
        row["timestamp"] = (at + datetime.timedelta(seconds={step_s})).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return json.dumps(row, separators=(",", ":"))
rows = [set_clock(json.loads(line)) for line in open(sys.argv[1])]
open(sys.argv[1], "w").write("\\n".join(rows) + "\\n")
end""".replace("REAL", '"$REAL"'))
            self.notebook.run(program + "; os.environ['REAL'] = recorder")
            try:
                outputs = self.notebook.run(f"""%%rusage df --interval .01 --all
import rusage_bpf
kept, labels = time.time_ns, []
began = time.monotonic()
try:
    for n in range(10):
        time.sleep(.02)
        if n == 4: time.time_ns = lambda: kept() + int({step_s} * 1e9)
        rusage_bpf.mark(str(n))
        labels.append(time.monotonic() - began)
finally:
    time.time_ns = kept""")
            finally:
                self.notebook.run(self.BACK)
            self.assertIsNone(outputs.error)
            self.assertEqual(outputs.errors, "")
            self.assertEqual(len(outputs.charts), 3)
            self.assertFalse(self.notebook.value("bool(df.timestamp.is_monotonic_increasing)"))
            ends, marks = self.notebook.value("[df.elapsed.tolist(), [[mark['row'], mark['elapsed'], at] "
                                              "for mark, at in zip(df.attrs['marks'], labels)]]")
            for n, (row, elapsed, at) in enumerate(marks):
                self.assertTrue(ends[row - 1] < elapsed <= ends[row], (ends, row, elapsed))
                self.assertGreaterEqual(elapsed - marks[0][1], marks[max(n - 1, 0)][2] - marks[0][2])
                self.assertLessEqual(elapsed - marks[0][1], at)

    def test_where_nbformat_is_missing_the_front_end_still_gets_the_charts(self):
        self.check("import plotly.io._renderers as renderers; kept = renderers.nbformat; renderers.nbformat = None",
                   "renderers.nbformat = kept", "nbformat", charts=3, kind="DataFrame")

    def test_where_plotly_is_missing_or_broken_the_rows_are_there(self):
        for broken in ("None", "object()"):
            self.check("kept = dict(sys.modules)\nfor name in list(sys.modules):\n"
                       "    if name in ('rusage_bpf.charts', 'rusage_bpf.costs'): del sys.modules[name]\n"
                       f"import plotly; there = plotly.graph_objects; plotly.graph_objects = {broken}\n"
                       f"sys.modules['plotly.graph_objects'] = {broken}",
                       "plotly.graph_objects = there; sys.modules.update(kept)", "no charts: .*", kind="DataFrame")

    def test_where_pandas_is_missing_the_rows_are_a_list(self):
        self.check("kept = sys.modules['pandas']; sys.modules['pandas'] = None", "sys.modules['pandas'] = kept",
                   r"list of dicts.*pip install 'rusage-bpf\[notebook\]'$", kind="list")

    def test_where_nothing_can_be_displayed(self):
        self.check("shell = get_ipython(); kept = shell.display_pub.publish\n"
                   "def fails(*_, **__): raise OSError('gone')\nshell.display_pub.publish = fails",
                   "shell.display_pub.publish = kept", "no charts: gone", kind="DataFrame")

    def test_where_its_own_lines_cannot_be_written(self):
        outputs = self.notebook.run("%%rusage df\nkept = sys.stderr, sys.stdout\n"
                                    "sys.stderr = sys.stdout = open(os.devnull)\n6 * 7")
        self.assertIsNone(outputs.error)
        self.assertIsNone(self.notebook.run("sys.stderr, sys.stdout = kept").error)
        self.assertGreater(self.notebook.value("len(df)"), 1)

    def test_where_warnings_are_errors(self):
        outputs = self.notebook.run("%%rusage df\nimport warnings; warnings.simplefilter('error')\n1")
        self.assertIsNone(outputs.error)
        self.assertIsNone(self.notebook.run("warnings.resetwarnings()").error)

    def test_an_interrupt_while_charts_are_drawn_leaves_the_cells_result(self):
        began = f"{self.notebook.home.name}/drawing"
        self.notebook.run("import rusage_bpf.charts as charts; kept = charts.draw\n"
                          "def slow(*_): open('drawing', 'w').close(); time.sleep(60)\ncharts.draw = slow")

        def interrupt():
            wait_until("the charts", lambda: os.path.exists(began))
            os.remove(began)
            os.kill(self.notebook.pid(), signal.SIGINT)

        try:
            for source, error in ((GOOD, None), (BAD, "ZeroDivisionError: its own")):
                thread = threading.Thread(target=interrupt)
                thread.start()
                outputs = self.notebook.run(f"%%rusage df\n{source}")
                thread.join()
                self.assertEqual(outputs.error, error)
                self.assertEqual(outputs.errors, "rusage-bpf: no charts: interrupted\n")
        finally:
            self.notebook.run("charts.draw = kept")

    def test_a_live_line_that_fails_is_one_line_at_the_end(self):
        self.notebook.run("import rusage_bpf.live as live; kept = live.History.html\n"
                          "def fails(_): raise ValueError('no line')\nlive.History.html = fails")
        try:
            outputs = self.notebook.run("%%rusage df --interval .01\ntime.sleep(2.5)")
        finally:
            self.notebook.run("live.History.html = kept")
        self.assertIsNone(outputs.error)
        self.assertEqual(outputs.errors, "rusage-bpf: the live line: no line\n")
        self.assertEqual(len(outputs.charts), 3)

    def test_a_forked_child_that_leaves_the_cell_draws_nothing_and_removes_nothing(self):
        outputs = self.notebook.run(f"""%%rusage df --interval .01
before = sorted(os.listdir({self.notebook.state!r}))
child = os.fork()
if child == 0:
    from rusage_bpf.cell import RecordedCell
    draw, end = RecordedCell.draw, RecordedCell.end
    def draw_and_leave(cell): draw(cell); os._exit(11)
    RecordedCell.draw = draw_and_leave
    raise ValueError
_, status = os.waitpid(child, 0)
assert sorted(os.listdir({self.notebook.state!r})) == before
print(os.waitstatus_to_exitcode(status))""")
        self.assertIsNone(outputs.error)
        self.assertTrue(outputs.text.endswith("\n11\n"), outputs.text)
        self.assertEqual(outputs.errors, "")
        self.assertEqual(len(outputs.charts), 3)


if __name__ == "__main__":
    unittest.main()
