#!/usr/bin/env python3
"""The package as others than root have it: by sudo, by file capabilities, without privileges; and installed.

Needs root, to become nobody. Run by ctest as `notebook_users`; by hand:
sudo RUSAGE_BUILD_DIR=build tests/notebook/users_test.py [-v] [TEST...]
"""

import json
import os
import shutil
import struct
import subprocess
import sys
import tempfile
import unittest

from notebook import BUILD, PACKAGE, environment

NOBODY = 65534
SUDOERS = "/etc/sudoers.d/rusage-bpf-test"
HERE = os.path.dirname(os.path.abspath(__file__))
CELLS = ["%load_ext rusage_bpf\nimport os, time",
         "%%rusage df --interval .01 --all --processes\nos.system('/bin/true')\ntime.sleep(.2)",
         "print(df.attrs['meta']['backend'], df.forks.sum(), sorted(p['command'] for p in df.attrs['processes']))",
         "print(os.listdir(os.path.expanduser('~/.local/state/rusage-bpf')), os.getuid())"]


class UsersTest(unittest.TestCase):
    def setUp(self):
        """A home for nobody, with a recorder of its own that nobody else can change."""
        self.home = self.enterContext(tempfile.TemporaryDirectory(prefix="rusage-bpf-user-"))
        os.chmod(self.home, 0o755)
        os.chown(self.home, NOBODY, NOBODY)
        programs = self.enterContext(tempfile.TemporaryDirectory(prefix="rusage-bpf-programs-"))
        os.chmod(programs, 0o755)
        self.recorder = shutil.copy(f"{BUILD}/rusage-bpf", programs)
        self.package = shutil.copytree(PACKAGE, os.path.join(programs, "package"))
        subprocess.run(["chmod", "-R", "a+rX", programs], check=True)

    def as_nobody(self, arguments, **options):
        ran = subprocess.run(arguments, user=NOBODY, group=NOBODY, extra_groups=[], cwd=self.home,
                             env={**os.environ, **environment(self.home), "RUSAGE_BPF": self.recorder,
                                  "PYTHONPATH": self.package},
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8", check=False, **options)
        self.assertEqual(ran.returncode, 0, ran.stderr)
        return ran.stdout

    def cells_as_nobody(self):
        shutil.copy(f"{HERE}/notebook.py", self.home)
        return json.loads(self.as_nobody([sys.executable, "-B", "notebook.py"], input=json.dumps(CELLS)))

    def let_nobody_use_sudo(self):
        self.addCleanup(os.remove, SUDOERS)
        with open(os.open(SUDOERS, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o440), "w", encoding="utf-8") as file:
            file.write(f"#{NOBODY} ALL=(root) NOPASSWD: {self.recorder}\n")

    def give_file_capabilities(self, recorder=None):
        version_2_effective, perfmon, bpf = 0x02000001, 1 << 38, 1 << 39
        both = perfmon | bpf
        os.setxattr(recorder or self.recorder, "security.capability",
                    struct.pack("<5I", version_2_effective, both & 0xffffffff, 0, both >> 32, 0))

    def check(self, answers, how, backend):
        _, recorded, known, left = answers
        self.assertEqual([answer["error"] for answer in answers], [None] * 4, answers)
        self.assertEqual(recorded["errors"], "")
        self.assertTrue(recorded["text"].splitlines()[2].startswith(f"Recorder: rusage-bpf {how}; source: {backend}"),
                        recorded["text"])
        self.assertEqual(recorded["charts"], 3)
        self.assertEqual(known["text"].split()[0], backend.split()[0])
        self.assertEqual(left["text"], f"[] {NOBODY}\n")

    def test_a_user_with_sudo_records_by_it_and_owns_all(self):
        self.let_nobody_use_sudo()
        answers = self.cells_as_nobody()
        self.check(answers, "by sudo -n", "bpf")
        # Neither the recorder nor its sudo is among what was recorded.
        self.assertEqual(answers[2]["text"], "bpf 2.0 ['python3', 'python3', 'sh', 'sh', 'true']\n")

    def test_file_capabilities_come_before_sudo(self):
        self.let_nobody_use_sudo()
        self.give_file_capabilities()
        self.check(self.cells_as_nobody(), "by its file capabilities", "bpf")

    def test_the_copy_for_members_of_a_packages_group_comes_before_sudo(self):
        package = self.enterContext(tempfile.TemporaryDirectory(prefix="rusage-bpf-package-"))
        for directory in ("bin", "libexec/rusage-bpf"):
            os.makedirs(os.path.join(package, directory))
        copy = shutil.copy(self.recorder, os.path.join(package, "libexec/rusage-bpf"))
        self.recorder = shutil.copy(self.recorder, os.path.join(package, "bin"))
        subprocess.run(["chmod", "-R", "a+rX", package], check=True)
        os.chown(copy, 0, NOBODY)
        os.chmod(copy, 0o750)
        self.give_file_capabilities(copy)
        self.let_nobody_use_sudo()
        self.check(self.cells_as_nobody(), "by its file capabilities", "bpf")

    def test_a_user_with_nothing_has_the_source_that_needs_nothing(self):
        answers = self.cells_as_nobody()
        self.check(answers, "without privileges", "proc (")
        self.assertIn("CAP_BPF and CAP_PERFMON are missing", answers[1]["text"])

    def test_a_recorder_that_runs_as_root_ends_with_a_script_that_is_killed(self):
        self.let_nobody_use_sudo()
        ring = self.as_nobody([sys.executable, "-c",
                               "import os, subprocess, sys\n"
                               "print(subprocess.run([sys.executable, '-c', 'import rusage_bpf, os\\n"
                               "with rusage_bpf.record(interval=.05) as r:\\n  print(r.ring, flush=True); "
                               "os.kill(os.getpid(), 9)'], stdout=subprocess.PIPE, encoding='utf-8').stdout)"]).strip()
        text = self.as_nobody([sys.executable, "-c", "import rusage_bpf, sys; rusage_bpf.recovery.show = len\n"
                               "rusage_bpf.recover_samples_list(sys.argv[1])", ring])
        self.assertRegex(text, r"the end: +process \d+ .* was killed by signal 9 \(Killed\)")
        self.assertEqual({os.stat(os.path.join(os.path.dirname(ring), name)).st_uid
                          for name in os.listdir(os.path.dirname(ring))}, {NOBODY})

    def test_it_installs_and_says_the_recorders_version(self):
        target = os.path.join(self.home, "installed")
        subprocess.run(["/usr/bin/python3", "-m", "pip", "install", "--quiet", "--no-build-isolation", "--no-index",
                        "--no-deps", "--target", target, self.package], check=True,
                       env={**os.environ, "PIP_ROOT_USER_ACTION": "ignore", "HOME": "/root"})
        self.assertIn("magic.py", os.listdir(f"{target}/rusage_bpf"))
        [information] = [name for name in os.listdir(target) if name.endswith(".dist-info")]
        version = subprocess.run([self.recorder, "--version"], check=True, stdout=subprocess.PIPE,
                                 encoding="utf-8").stdout
        self.assertEqual(information, f"rusage_bpf-{version.split()[1]}.dist-info")


if __name__ == "__main__":
    unittest.main()
