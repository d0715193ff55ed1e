#!/usr/bin/env python3
"""Where a recording's files are: the first place that works, under names that no other recording has.

Needs root, for mounts that only the script sees. Run by ctest as `notebook_places`; by hand:
sudo RUSAGE_BUILD_DIR=build tests/notebook/places_test.py [-v] [TEST...]
"""

import glob
import os
import re
import subprocess
import sys
import tempfile
import unittest

from notebook import PATIENCE_S, environment

SCRIPT = """
import os, sys, time
import rusage_bpf
{before}
with rusage_bpf.record(interval=.01) as r:
    print(r.ring, flush=True)
    {block}
print(len(r.samples))
"""
RING = r"\d{8}T\d{6}Z-\d+-[0-9a-f]{8}\.ring"


class PlacesTest(unittest.TestCase):
    def setUp(self):
        self.home = self.enterContext(tempfile.TemporaryDirectory(prefix="rusage-bpf-places-"))

    def record(self, block="time.sleep(.05)", before="", mount="", unset=(), **variables):
        """Where a script's ring was, and what it wrote to standard error. `mount` is done for the script alone."""
        environ = {**os.environ, **environment(self.home), "XDG_RUNTIME_DIR": "", **variables}
        for name in unset:
            environ.pop(name, None)
        ran = subprocess.run(["unshare", "--mount", "sh", "-ec", mount + '\nexec "$@"', "sh", sys.executable, "-c",
                              SCRIPT.format(block=block, before=before)], env=environ, cwd="/", stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE, encoding="utf-8", timeout=PATIENCE_S, check=False)
        self.assertEqual(ran.returncode, 0, ran.stderr)
        ring, rows = ran.stdout.splitlines()
        self.assertGreaterEqual(int(rows), 2)
        self.assertEqual(glob.glob(ring.replace(".ring", "*")), [])
        return ring, ran.stderr

    def check(self, directory, **how):
        ring, errors = self.record(**how)
        self.assertRegex(ring, f"^{re.escape(directory)}{RING}$")
        self.assertEqual(errors, "")

    def test_the_first_place_that_works_is_taken(self):
        state, runtime = (os.path.join(self.home, name) for name in ("state of 100%p", "runtime"))
        os.mkdir(runtime)
        self.check(f"{state}/rusage-bpf/", XDG_STATE_HOME=state)
        self.check(f"{self.home}/.local/state/rusage-bpf/", XDG_STATE_HOME="relative")
        self.check(f"{runtime}/rusage-bpf/", HOME="/proc", XDG_RUNTIME_DIR=runtime)
        another = os.path.join(self.home, "another")
        os.mkdir(another)
        os.chown(another, 65534, 65534)
        no_runtime = "test ! -d /run/user/0 || mount -t tmpfs -o uid=65534 none /run/user/0"
        for variables in ({"HOME": "/proc/nowhere"}, {"HOME": "/proc", "XDG_RUNTIME_DIR": another}):
            self.check("/tmp/rusage-bpf-0-", mount=no_runtime, **variables)
        self.assertFalse(os.path.exists("/proc/nowhere"))
        self.assertEqual(os.stat(f"{state}/rusage-bpf").st_mode & 0o777, 0o700)

    def test_a_home_that_is_read_only_or_full_is_passed_over(self):
        for mount in (f"mount --bind {self.home} {self.home}; mount -o remount,bind,ro {self.home}",
                      f"mount -t tmpfs -o size=16k none {self.home}",
                      f"mount -t tmpfs -o size=1m none {self.home}",
                      f"mount -t tmpfs -o nr_inodes=2 none {self.home}"):
            with self.subTest(mount):
                runtime = self.enterContext(tempfile.TemporaryDirectory(prefix="rusage-bpf-runtime-"))
                ring, errors = self.record(mount=mount, XDG_RUNTIME_DIR=runtime)
                self.assertEqual(errors, "")
                if "1m" not in mount:  # where a small ring may do
                    self.assertEqual(os.path.dirname(ring), f"{runtime}/rusage-bpf")
                self.assertEqual(glob.glob(f"{runtime}/rusage-bpf/*"), [])

    def test_where_no_place_has_room_for_a_whole_ring_a_small_one_is_made(self):
        ring, errors = self.record(mount=f"mount -t tmpfs -o size=1m none {self.home}",
                                   before="import rusage_bpf.recorder as recorder; kept = recorder.new_files\n"
                                          "recorder.new_files = lambda: [next(kept())]")
        self.assertTrue(ring.startswith(self.home))
        self.assertEqual(errors, "")

    def test_a_disk_that_others_fill_meanwhile_costs_no_row_of_the_ring(self):
        ring, errors = self.record(mount=f"mount -t tmpfs -o size=200m none {self.home}", block="""
    try:
        with open(os.environ["HOME"] + "/fill", "wb", 0) as file:
            while True: file.write(bytes(1 << 16))
    except OSError as failure:
        assert failure.errno == 28
    time.sleep(1)""")
        self.assertTrue(ring.startswith(self.home))
        self.assertRegex(errors, r"^(rusage-bpf: the recorder failed: .*No space left on device.*; "
                                 r"the rows until then are recovered\n)?$")

    def test_no_file_of_another_is_ever_replaced_or_removed(self):
        directory = f"{self.home}/.local/state/rusage-bpf"
        os.makedirs(directory)
        kept = [f"{directory}/{name}" for name in ("20261127T000000Z-1-0.ring", "a.ndjson", "b.control", "c.json")]
        for path in kept:
            with open(path, "w", encoding="utf-8") as file:
                file.write(path)
        script = SCRIPT.format(block="sys.stdin.read()", before="")
        running = [subprocess.Popen([sys.executable, "-c", script], encoding="utf-8",
                                    env={**os.environ, **environment(self.home)}, stdin=subprocess.PIPE,
                                    stdout=subprocess.PIPE) for _ in range(2)]
        for process in running:
            self.addCleanup(process.__exit__, None, None, None)
            self.addCleanup(process.kill)
        rings = [process.stdout.readline().strip() for process in running]
        self.assertEqual(len(set(rings)), 2)
        self.assertGreater(int(running[0].communicate("")[0]), 1)
        self.assertEqual(len(glob.glob(rings[0].replace(".ring", ".*"))), 0)
        self.assertEqual(len(glob.glob(rings[1].replace(".ring", ".*"))), 5)
        self.assertGreater(int(running[1].communicate("")[0]), 1)
        self.assertEqual(sorted(os.listdir(directory)), sorted(os.path.basename(path) for path in kept))
        for path in kept:
            with open(path, encoding="utf-8") as file:
                self.assertEqual(file.read(), path)


if __name__ == "__main__":
    unittest.main()
