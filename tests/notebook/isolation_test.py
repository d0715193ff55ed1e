#!/usr/bin/env python3
"""Recorded code that waits for all children, kills them, closes or uses up every descriptor, forks, leaves in any way.

The recording is whole, and the code runs as it would without one.

Needs root, for a pid namespace. Run by ctest as `notebook_isolation`; by hand:
sudo RUSAGE_BUILD_DIR=build tests/notebook/isolation_test.py [-v] [TEST...]
"""

import glob
import json
import os
import signal
import subprocess
import sys
import tempfile
import unittest

from notebook import PATIENCE_S, environment, recorders_of, wait_until

# A recorded block goes in the middle; what is printed last is what the recording knows.
SCRIPT = """
import ctypes, json, os, resource, signal, subprocess, sys, threading, time
import rusage_bpf

def children(pid):
    # Those of any process here, from /proc.
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{{name}}/stat") as file:
                if int(file.read().rsplit(")", 1)[1].split()[1]) == pid:
                    yield int(name)
                    yield from children(int(name))
        except OSError:
            pass

def report(r):
    print(json.dumps([r.meta["ended_by"], len(r.samples), sorted(span["command"] for span in r.processes),
                      r.totals["forks"]]))

{before}
with rusage_bpf.record(interval=.01, backend={backend!r}) as r:
{block}
report(r)
{after}
"""


def indented(text):
    return "\n".join("    " + line for line in text.splitlines())


class IsolationTest(unittest.TestCase):
    def setUp(self):
        self.home = self.enterContext(tempfile.TemporaryDirectory(prefix="rusage-bpf-isolation-"))
        self.environment = {**os.environ, **environment(self.home), "PYTHONUNBUFFERED": "1"}

    def start(self, block, before="", after="", prefix=(), backend=None):
        script = SCRIPT.format(before=before, block=indented(block), after=after, backend=backend)
        process = subprocess.Popen([*prefix, sys.executable, "-c", script], env=self.environment, cwd=self.home,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8")
        self.addCleanup(process.__exit__, None, None, None)
        self.addCleanup(process.kill)
        return process

    def run_block(self, block, before="", after="", *, prefix=(), code=0, ended_by="eof", backend=None):
        """What was printed but for the last line, what that says, and standard error. Nothing is left behind."""
        process = self.start(block, before, after, prefix, backend)
        output, errors = process.communicate(timeout=PATIENCE_S)
        self.assertEqual(process.returncode, code, errors)
        self.assertEqual(glob.glob(f"{self.home}/.local/state/rusage-bpf/*"), [])
        self.assertEqual(recorders_of(process.pid), [])
        *lines, last = output.splitlines()
        known = json.loads(last)
        self.assertEqual(known[0], ended_by)
        self.assertGreaterEqual(known[1], 2)
        return lines, known, errors

    WAIT_FOR_ALL = """child = subprocess.Popen(["/bin/true"])
pids = []
try:
    while True: pids.append(os.wait()[0])
except ChildProcessError:
    print(len(pids))"""

    def test_who_waits_for_all_children_gets_their_own_and_no_other(self):
        lines, known, errors = self.run_block(self.WAIT_FOR_ALL)
        self.assertEqual((lines, known[2:], errors), (["1"], [["python3", "python3", "true"], 1], ""))

    def test_also_where_it_adopts_the_orphans_of_its_descendants(self):
        before = "assert ctypes.CDLL(None).prctl(36, 1, 0, 0, 0) == 0"
        orphan = 'subprocess.run(["sh", "-c", "sleep .05 & exec true"])\n'
        after = "got = ctypes.c_int(); ctypes.CDLL(None).prctl(37, ctypes.byref(got)); assert got.value == 1"
        lines, known, errors = self.run_block(orphan + self.WAIT_FOR_ALL, before, after)
        self.assertEqual((lines, known[3], errors), (["2"], 3, ""))

    def test_who_kills_all_its_descendants_kills_no_recorder(self):
        lines, known, errors = self.run_block("""child = subprocess.Popen(["sleep", "3600"])
found = list(children(os.getpid()))
print(len(found))
for pid in found: os.kill(pid, signal.SIGKILL)
time.sleep(.1)
os.wait()""")
        self.assertEqual((lines, errors), (["1"], ""))
        self.assertIn("sleep", known[2])

    def test_who_closes_every_descriptor_has_a_recording_and_keeps_what_it_opens_later(self):
        for backend in (None, "proc"):
            _, _, errors = self.run_block("""os.closerange(3, 65536)
mine = [os.open("/dev/zero", os.O_RDONLY) for _ in range(20)]
time.sleep(.05)""", after="print('open', [len(os.read(fd, 7)) for fd in mine] == [7] * 20, file=sys.stderr)",
                                          backend=backend)
            self.assertEqual(errors.splitlines()[-1], "open True")

    def test_who_uses_up_every_descriptor_has_a_recording(self):
        lines, _, errors = self.run_block("""fds = []
try:
    while True: fds.append(os.dup(2))
except OSError as failure:
    print(failure.errno)""", before="hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]\n"
                             "resource.setrlimit(resource.RLIMIT_NOFILE, (64, hard))",
            after="assert resource.getrlimit(resource.RLIMIT_NOFILE) == (64, hard)")
        self.assertEqual((lines, errors), (["24"], ""))

    def test_a_forked_child_that_leaves_the_block_leaves_the_recording_alone(self):
        leave = {"at its end": "pass", "by exception": "raise ZeroDivisionError", "by sys.exit": "sys.exit(3)",
                 "by os._exit": "os._exit(3)", "by exec": "os.execv('/bin/true', ['true'])"}
        for how, statement in leave.items():
            with self.subTest(how):
                # A child that goes on after the block has nothing to report.
                _, known, _ = self.run_block(f"""files = os.listdir(os.path.dirname(r.ring))
assert len(files) == 5, files
child = os.fork()
if child == 0:
    report = print
    sys.stdout = open(os.devnull, "w")
    {statement}
else:
    os.waitpid(child, 0)
    assert os.listdir(os.path.dirname(r.ring)) == files
    assert len(os.listdir("/proc/self/fd")) < 10
    time.sleep(.05)""")
                self.assertEqual(known[3], 1)

    def test_pools_that_fork_leave_it_alone(self):
        for pool in ("import multiprocessing as m\n"
                     "with m.get_context('fork').Pool(2) as pool: print(pool.map(abs, [-1]))",
                     "import concurrent.futures as f, multiprocessing as m\n"
                     "with f.ProcessPoolExecutor(2, m.get_context('fork')) as pool: print(list(pool.map(abs, [-1])))"):
            lines, known, errors = self.run_block(pool)
            self.assertEqual((lines, errors), (["[1]"], ""))
            self.assertIn(known[3], (1, 2))

    def test_a_block_that_is_entered_by_hand_is_not_ended_by_the_exit_of_a_forked_child(self):
        self.run_block("pass", before="""block = rusage_bpf.record(interval=.01)
outer = block.__enter__()
if os.fork() == 0:
    sys.exit()  # everything is collected
os.wait()
assert os.path.exists(outer.ring)
block.__exit__(None, None, None)
assert outer.meta["ended_by"] == "eof" and outer.totals["forks"] == 1""")

    def test_it_ends_once_and_exceptions_of_every_kind_pass(self):
        for kind in ("ZeroDivisionError", "KeyboardInterrupt", "SystemExit", "GeneratorExit", "MemoryError"):
            with self.subTest(kind):
                self.run_block("pass", before=f"""try:
    with rusage_bpf.record(interval=.01) as other: raise {kind}
except {kind} as failure:
    assert failure.__context__ is None
assert other.meta["ended_by"] == "eof\"""")

    def test_threads_record_at_once_and_each_has_its_own_marks(self):
        self.run_block("""found = {}
def work(name):
    with rusage_bpf.record(interval=.01) as mine:
        ready.wait()
        rusage_bpf.mark(name)
        ready.wait()
    found[name] = [mark["label"] for mark in mine.marks]
ready = threading.Barrier(3)
threads = [threading.Thread(target=work, args=[name]) for name in "abc"]
for thread in threads: thread.start()
for thread in threads: thread.join()
assert found == {name: [name] for name in "abc"}, found
helper = threading.Thread(target=rusage_bpf.mark, args=["of a helper"])
helper.start(); helper.join()
assert [mark["label"] for mark in r.marks] == ["of a helper"]""")

    def test_a_function_can_be_recorded_each_time_it_is_called(self):
        self.run_block("pass", before="""@rusage_bpf.record(interval=.01)
def twice(n): return n and twice(n - 1) + 2
assert twice(2) == 4""")

    def test_a_recorder_whose_files_were_removed_ends_and_one_line_says_so(self):
        process = self.start("import shutil\nshutil.rmtree(os.path.dirname(r.ring))", after="print('it goes on')")
        _, errors = process.communicate(timeout=PATIENCE_S)
        self.assertEqual(process.returncode, 1)
        self.assertIn("KeyError: 'ended_by'", errors)  # of the test's own report
        self.assertEqual([line for line in errors.splitlines() if line.startswith("rusage-bpf: the recording is not")],
                         [line for line in errors.splitlines() if "No such file" in line][-1:])
        wait_until("the recorder's end", lambda: not recorders_of(process.pid))

    def test_a_recorder_that_is_ended_before_the_block_is_a_warning(self):
        process = self.start("open('begun', 'w').close(); time.sleep(.1)\n"
                             "while not os.path.exists('go'): time.sleep(.01)")
        wait_until("the block", lambda: os.path.exists(f"{self.home}/begun"))
        [recorder] = recorders_of(process.pid)
        os.kill(recorder, signal.SIGTERM)
        wait_until("the recorder's end", lambda: not recorders_of(process.pid))
        with open(f"{self.home}/go", "w", encoding="utf-8"):
            pass
        output, errors = process.communicate(timeout=PATIENCE_S)
        self.assertEqual(json.loads(output)[0], "SIGTERM")
        self.assertEqual(errors, "rusage-bpf: the recording ended by SIGTERM, before the target did\n")

    def test_a_process_that_ends_in_the_block_leaves_no_recorder(self):
        for end in ("os._exit(3)", "os.kill(os.getpid(), 9)", "os.execv('/bin/true', ['true'])"):
            process = self.start(end)
            process.communicate(timeout=PATIENCE_S)
            wait_until("the recorder's end", lambda pid=process.pid: not recorders_of(pid))

    def test_one_that_ends_while_another_process_is_recorded_leaves_no_recorder_either(self):
        sleeper = subprocess.Popen(["sleep", "3600"])
        self.addCleanup(sleeper.wait)
        self.addCleanup(sleeper.kill)
        process = self.start(f"rusage_bpf.record(pid={sleeper.pid}).__enter__()\nprint('begun')\nos._exit(0)")
        process.communicate(timeout=PATIENCE_S)
        wait_until("the recorder's end", lambda: not recorders_of(sleeper.pid))

    def test_in_a_time_namespace_as_after_criu_marks_are_in_their_rows(self):
        self.run_block("time.sleep(.2)\nrusage_bpf.mark('here')\ntime.sleep(.2)",
                       after="[mark] = r.frame().attrs['marks']\nends = r.samples.elapsed\n"
                       "assert .2 < mark['elapsed'] < ends.iloc[-1] - .2, mark\n"
                       "assert ends[mark['row'] - 1] < mark['elapsed'] <= ends[mark['row']]\n"
                       "assert time.clock_gettime(time.CLOCK_MONOTONIC) > 1e8",
                       prefix=("unshare", "--time", "--monotonic", "100000000", "--fork"))

    def test_init_of_a_container_is_recorded_and_keeps_no_zombie(self):
        _, known, errors = self.run_block(
            "assert os.getpid() == 1\nsubprocess.run(['/bin/true'])",
            after="assert os.listdir('/proc').count('1') == 1 and list(children(1)) == []",
            prefix=("unshare", "--pid", "--fork", "--mount-proc"))
        self.assertRegex(errors, "^rusage-bpf: this process is init, number 1, and so the recorder's parent, .*\n$")
        self.assertEqual(known[2], ["python3", "python3", "true"])


if __name__ == "__main__":
    unittest.main()
