#!/usr/bin/env python3
"""Notebooks and scripts that die while they are recorded: nobody is left behind, and the reason is told.

Run by ctest as `notebook_crash`; by hand: RUSAGE_BUILD_DIR=build tests/notebook/crash_test.py [-v] [TEST...]
"""

import contextlib
import glob
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import unittest

from jupyter_client import KernelManager

from notebook import PACKAGE, Notebook, environment, recorders_of, wait_until

sys.path.insert(0, PACKAGE)
from rusage_bpf.surroundings import cgroup_mounts

INTERVAL_S = .1


@contextlib.contextmanager
def memory_cgroup(limit_bytes):
    """A cgroup with a limit, below wherever the memory controller is mounted; version 1 or 2."""
    for _, mount in cgroup_mounts():
        path = f"{mount}/rusage-bpf-test.{os.getpid()}"
        os.mkdir(path)
        try:
            for name in ("memory.max", "memory.limit_in_bytes"):
                if os.path.exists(f"{path}/{name}"):
                    with open(f"{path}/{name}", "w", encoding="utf-8") as file:
                        file.write(str(limit_bytes))
                    yield path
                    return
        finally:
            # Its last process may be on its way out.
            wait_until("the cgroup's end", lambda procs=f"{path}/cgroup.procs": not open_and_read(procs))
            os.rmdir(path)
    raise RuntimeError("no cgroup here has the memory controller")


def open_and_read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


class CrashTest(unittest.TestCase):
    def setUp(self):
        self.home = self.enterContext(tempfile.TemporaryDirectory(prefix="rusage-bpf-notebook-"))
        self.environment = {**os.environ, **environment(self.home), "PYTHONUNBUFFERED": "1"}

    def rings(self):
        return glob.glob(f"{self.home}/.local/state/rusage-bpf/*.ring")

    def script(self, text):
        """A Python script in the background."""
        process = subprocess.Popen([sys.executable, "-c", text], env=self.environment, cwd=self.home,
                                   stdout=subprocess.PIPE, encoding="utf-8")
        self.addCleanup(process.__exit__, None, None, None)
        self.addCleanup(process.kill)
        return process

    def recovered(self, ring):
        """What a new process recovers, as text: what it says, and then an expression a line."""
        return subprocess.run(
            [sys.executable, "-c", "import sys, rusage_bpf.recovery as recovery\n"
             "recovery.show = lambda figures: print('charts', len(figures))\n"
             "r = recovery.recover_samples_list(sys.argv[1])\n"
             "print('rows', len(r), 'columns', len(r.columns), 'rss', r.rss.max())", ring],
            env=self.environment, cwd=self.home, check=True, stdout=subprocess.PIPE, encoding="utf-8").stdout

    def test_a_kernel_that_is_killed_leaves_the_ring_and_no_recorder_also_while_its_children_live(self):
        kernel = KernelManager(kernel_name="python3")
        kernel.start_kernel(env=self.environment, cwd=self.home)
        self.addCleanup(kernel.cleanup_resources)
        client = kernel.client()
        client.start_channels()
        self.addCleanup(client.stop_channels)
        client.wait_for_ready(timeout=60)
        pid = kernel.provisioner.process.pid
        client.execute("import os, time\n%load_ext rusage_bpf")
        client.execute(f"%%getrusage_in_background {INTERVAL_S} df\nimport multiprocessing\n"
                       "ready, sleeper = multiprocessing.Event(), os.fork()\n"
                       "if sleeper == 0:\n  open('ready', 'w').close(); time.sleep(3600)\n"
                       "open('sleeper', 'w').write(str(sleeper))\n"
                       "block = bytearray(300 << 20)\nopen('begun', 'w').close()\ntime.sleep(3600)")
        wait_until("the cell", lambda: os.path.exists(f"{self.home}/begun") and os.path.exists(f"{self.home}/ready"))
        sleeper = int(open_and_read(f"{self.home}/sleeper"))
        self.addCleanup(os.kill, sleeper, signal.SIGKILL)
        time.sleep(3 * INTERVAL_S)
        self.assertEqual(len(recorders_of(pid)), 1)

        os.kill(pid, signal.SIGKILL)
        killed = time.monotonic()
        wait_until("the recorder's end", lambda: not recorders_of(pid))
        print(f"the recorder was gone {time.monotonic() - killed:.3f} s after the kernel", file=sys.stderr)
        os.kill(sleeper, 0)  # lives on

        [ring] = self.rings()
        text = self.recovered(ring)
        self.assertRegex(text, rf"the end: +process {pid} \(.*ipykernel_launcher.*\) "
                               r"was killed by signal 9 \(Killed\) after ")
        self.assertRegex(text, r"memory: +at most [34]\d\d MiB resident, at .*: \d+ ?% of ")
        self.assertRegex(text, r"OOM kills: +(\d+|not known) in its cgroup, \d+ on the machine")
        self.assertRegex(text, rf"live: +python3 \({sleeper}\)")
        self.assertRegex(text, r"charts 3\nrows \d+ columns 13 ")
        self.assertGreater(int(re.search(r"rss (\d+)", text)[1]), 300 << 20)

        # Of the ring alone the same rows come, and less is known.
        os.remove(ring.replace(".ring", ".ndjson"))
        alone = self.recovered(ring)
        self.assertIn("ended is unknown", alone)
        self.assertEqual(text[text.index("last rows"):], alone[alone.index("last rows"):])
        self.assertEqual(self.rings(), [ring])

    def test_a_script_and_its_recorder_that_are_killed_leave_every_row_of_the_ring(self):
        script = self.script("import rusage_bpf, time\nwith rusage_bpf.record(interval=.01) as r:\n"
                             "  print(r.ring, flush=True); time.sleep(3600)")
        ring = script.stdout.readline().strip()
        time.sleep(.3)
        [recorder] = recorders_of(script.pid)
        os.kill(recorder, signal.SIGKILL)
        script.kill()
        text = self.recovered(ring)
        self.assertRegex(text, r"the end: +the recorder was gone after \d+\.\d+ s; "
                               r"how process \d+ .* ended is unknown")
        self.assertRegex(text, r"live: +1 process in the last row")
        self.assertGreater(int(re.search(r"rows (\d+)", text)[1]), 3)

    def test_a_script_that_the_oom_killer_ends_is_told_why(self):
        cgroup = self.enterContext(memory_cgroup(200 << 20))
        script = self.script(f"import os\nopen('{cgroup}/cgroup.procs', 'w').write(str(os.getpid()))\n"
                             "import rusage_bpf\nwith rusage_bpf.record(interval=.02) as r:\n"
                             "  print(r.ring, flush=True); blocks = []\n"
                             "  while len(blocks) < 400: blocks.append(bytearray(b'1') * (1 << 20))")
        ring = script.stdout.readline().strip()
        self.assertEqual(script.wait(), -signal.SIGKILL)
        text = self.recovered(ring)
        self.assertRegex(text, r"memory: +at most [12]\d\d MiB resident, at .*: \d+% of its cgroup's limit, 200 MiB")
        self.assertRegex(text, r"OOM kills: +[1-9]\d* in its cgroup, [1-9]\d* on the machine")

    # Another worker is killed by somebody else.
    WORKERS = """import os, rusage_bpf, signal, sys, time
open(sys.argv[1] + "/cgroup.procs", "w").write(str(os.getpid()))
def worker():
    if sys.argv[3] == "kill": os.kill(os.getpid(), 9)
    open("/proc/self/oom_score_adj", "w").write("1000")
    blocks = []
    while True: blocks.append(bytearray(b"1") * (1 << 20))
with rusage_bpf.record(interval=.02, backend=sys.argv[2]) as r:
    child = os.fork() or worker()
    assert os.WTERMSIG(os.waitpid(child, 0)[1]) == 9
    print(child, r.ring)
    if sys.argv[4] == "die": os._exit(1)
"""

    def run_workers(self, cgroup, *how):
        ran = subprocess.run([sys.executable, "-c", self.WORKERS, cgroup, *how], env=self.environment, cwd=self.home,
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8", check=how[2] == "live")
        return *ran.stdout.split(), ran.stderr

    def test_where_only_a_worker_was_ended_by_the_oom_killer_it_is_said(self):
        cgroup = self.enterContext(memory_cgroup(300 << 20))
        worker, _, errors = self.run_workers(cgroup, "bpf", "oom", "live")
        self.assertRegex(errors, rf"^rusage-bpf: out of memory: python3 \({worker}\) after \d\.\d+ s "
                                 r"with a peak of [123]\d\d MiB ended by SIGKILL, most likely from the kernel's "
                                 r"OOM killer; the cgroup's limit is 300 MiB\n$")
        errors = self.run_workers(cgroup, "proc", "oom", "live")[2]
        self.assertRegex(errors, r"out of memory: .*; the cgroup's limit is 300 MiB\n$")
        # With cgroup v1, others on the machine may be taken for it.
        if any(version == "cgroup2" and os.path.exists(f"{mount}/memory.events") for version, mount in cgroup_mounts()):
            self.assertEqual(self.run_workers(cgroup, "bpf", "kill", "live")[2], "")

    def test_after_a_crash_it_is_said_of_a_worker_as_well(self):
        cgroup = self.enterContext(memory_cgroup(300 << 20))
        worker, ring, _ = self.run_workers(cgroup, "bpf", "oom", "die")
        text = self.recovered(ring)
        self.assertIn("ended with exit code 1", text)
        self.assertRegex(text, rf"so: +out of memory: python3 \({worker}\) .* ended by SIGKILL, most likely")

    def test_the_signal_and_the_exit_code_are_told(self):
        for act, words in (("os.kill(os.getpid(), 11)", r"was killed by signal 11 \(Segmentation fault\)"),
                           ("os._exit(7)", "ended with exit code 7")):
            script = self.script("import resource, rusage_bpf, os, time\n"
                                 "resource.setrlimit(resource.RLIMIT_CORE, (0, 0))\n"
                                 "with rusage_bpf.record(interval=.02) as r:\n"
                                 f"  print(r.ring, flush=True); time.sleep(.1); {act}")
            ring = script.stdout.readline().strip()
            script.wait()
            self.assertRegex(self.recovered(ring), f"the end: +process {script.pid} .* {words} after 0.")

    def test_without_a_path_it_lists_what_there_is_newest_first(self):
        rings = []
        for _ in range(2):
            script = self.script("import rusage_bpf, os\nwith rusage_bpf.record() as r:\n"
                                 "  print(r.ring, flush=True); os._exit(0)")
            rings.append(script.stdout.readline().strip())
            script.wait()
            time.sleep(.05)
        listing = [sys.executable, "-c", "import rusage_bpf; rusage_bpf.recover_samples_list()"]
        text = subprocess.run(listing, env=self.environment, check=True, stdout=subprocess.PIPE,
                              encoding="utf-8").stdout
        self.assertEqual([line.split()[-1] for line in text.splitlines()[1:]], rings[::-1])

    def test_what_is_no_ring_is_refused_in_one_line(self):
        with Notebook() as notebook:
            notebook.run("from rusage_bpf import *")
            self.assertRegex(notebook.run("recover_samples_list('/nowhere.ring')").error,
                             r"^RecorderError: .*/nowhere.ring: No such file")
            self.assertIn("there are no recovery rings", notebook.run("recover_samples_list()").text)


if __name__ == "__main__":
    unittest.main()
