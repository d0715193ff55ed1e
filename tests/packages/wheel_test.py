#!/usr/bin/env python3
"""The wheel, in fresh virtual environments and without a network: made, installed, recording.

Run by ctest as `wheel`; by hand: sudo RUSAGE_BUILD_DIR=build tests/packages/wheel_test.py [-v] [TEST...]
RUSAGE_TEST_RECORDER names the static recorder to put into it; else it is the build's own.
"""

import ast
import glob
import hashlib
import json
import os
import platform
import pwd
import subprocess
import sys
import tempfile
import unittest
import zipfile

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../..")
BUILD = os.path.abspath(os.environ.get("RUSAGE_BUILD_DIR", "build"))
RECORDER = os.environ.get("RUSAGE_TEST_RECORDER", f"{BUILD}/rusage-bpf")
PATIENCE_S = 300
NOBODY = pwd.getpwnam("nobody")

SCRIPT = """
import json, subprocess, sys
import rusage_bpf

with rusage_bpf.record(interval=.01) as r:
    subprocess.run(["/bin/true"], check=True)
    r.mark("here")
print(json.dumps({"modules": [name for name in ("pandas", "plotly", "IPython", "numpy") if name in sys.modules],
                  "samples": type(r.samples).__name__, "names": list(r.samples[-1]), "rows": len(r.samples),
                  "backend": r.meta["backend"], "execs": r.totals["execs"], "file": rusage_bpf.__file__}))
try:
    r.plot("run.html")
except rusage_bpf.RecorderError as failure:
    print(failure)
"""

# Everything that a user's script may call, with types that mypy has to agree with.
TYPED_SCRIPT = """
from typing import Optional

import rusage_bpf
from rusage_bpf import Recording, RecorderError


@rusage_bpf.record(interval=.1)
def work(number: int) -> int:
    rusage_bpf.mark("in it")
    return number


def main() -> Optional[str]:
    try:
        with rusage_bpf.record(interval=.01, backend="proc") as r:
            r.mark("epoch 3")
    except RecorderError as failure:
        return str(failure)
    recording: Recording = rusage_bpf.read("rusage.json")
    recording.plot("run.html")
    peak: int = recording.totals["rss"]["peak"] if recording.totals else work(1)
    rusage_bpf.recover_samples_list(r.ring)
    return str(peak)


main()
"""

NOTEBOOK = """
import json, nbclient, nbformat
cells = ["%load_ext rusage_bpf", "%%rusage df --interval .01 --no-live\\nimport subprocess; subprocess.run(['/bin/true'])",
         "import rusage_bpf.program; print(len(df), df.attrs['totals']['execs'], rusage_bpf.program.find_path())"]
notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
nbclient.NotebookClient(notebook, timeout=120, kernel_name="python3").execute()
print(notebook.cells[-1].outputs[0].text)
"""


def run(*command, **more):
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, timeout=PATIENCE_S, check=False, **more)
    return done.returncode, done.stdout


def check(*command, **more):
    status, printed = run(*command, **more)
    if status != 0:
        raise AssertionError(f"{' '.join(command)}: exit status {status}\n{printed}")
    return printed


def make_wheel(out, **environment):
    return check(sys.executable, f"{ROOT}/tools/make_wheel", "--recorder", RECORDER, "--arch", platform.machine(),
                 "--out", out, env={**os.environ, **environment}).split()[-1]


def sha256(path):
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


class Environment:
    """A virtual environment with the wheel; `home` and the working directory are in it."""

    def __init__(self, directory, wheel, *options):
        self.python = f"{directory}/bin/python"
        check("/usr/bin/python3", "-m", "venv", *options, directory)
        self.variables = {"HOME": directory, "PATH": f"{directory}/bin:/usr/bin:/bin", "LC_ALL": "C.UTF-8",
                          "IPYTHONDIR": f"{directory}/ipython", "PYDEVD_DISABLE_FILE_VALIDATION": "1"}
        self.directory = directory
        # A venv reads what the system has; what it installs comes from the wheel alone.
        check(self.python, "-m", "pip", "install", "--no-index", "--no-deps", "--force-reinstall", wheel,
              env=self.variables)
        self.bundled = glob.glob(f"{directory}/lib/python*/site-packages/rusage_bpf/bin/rusage-bpf")[0]

    def run_as(self, user, *arguments, **variables):
        more = {} if user is None else {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
        return run(self.python, *arguments, env={**self.variables, **variables}, cwd="/", **more)

    def run(self, *arguments, **variables):
        return self.run_as(None, *arguments, **variables)


DIST = tempfile.TemporaryDirectory(prefix="rusage-bpf-dist-")
WHEEL = make_wheel(DIST.name, SOURCE_DATE_EPOCH="1700000000")


class WheelTest(unittest.TestCase):
    directory: str
    wheel = WHEEL
    bare: Environment  # without any other package

    @classmethod
    def setUpClass(cls):
        cls.directory = cls.enterClassContext(tempfile.TemporaryDirectory(prefix="rusage-bpf-wheel-test-"))
        os.chmod(cls.directory, 0o755)
        cls.bare = Environment(f"{cls.directory}/bare", cls.wheel)

    def test_the_same_sources_make_the_same_bytes_at_any_time_and_with_any_umask(self):
        old = os.umask(0o077)
        try:
            again = make_wheel(f"{self.directory}/again", SOURCE_DATE_EPOCH="1700000000")
        finally:
            os.umask(old)
        self.assertEqual(sha256(self.wheel), sha256(again))

    def test_its_name_and_metadata_are_as_an_index_wants_them(self):
        self.assertRegex(os.path.basename(self.wheel),
                         rf"^rusage_bpf-[\d.]+-py3-none-manylinux_2_17_{platform.machine()}\.whl$")
        self.assertIn("PASSED", check("/usr/bin/twine", "check", "--strict", self.wheel))
        with zipfile.ZipFile(self.wheel) as wheel:
            names = wheel.namelist()
            metadata = wheel.read(next(name for name in names if name.endswith("/METADATA"))).decode()
        self.assertIn("rusage_bpf/py.typed", names)
        self.assertIn("Requires-Python: >=3.9\n", metadata)
        for line in metadata.split("\n\n")[0].splitlines():
            if line.startswith("Requires-Dist: "):
                self.assertIn("extra == 'notebook'", line.replace('"', "'"))
        for licence in ("LICENSE", "LICENSE.GPL-2.0"):
            self.assertTrue(any(name.endswith(f"/{licence}") for name in names))

    def test_a_recorder_for_another_machine_is_refused(self):
        other = {"x86_64": "aarch64", "aarch64": "x86_64"}[platform.machine()]
        status, printed = run(sys.executable, f"{ROOT}/tools/make_wheel", "--recorder", RECORDER, "--arch", other,
                              "--out", self.directory)
        self.assertEqual((status, len(printed.splitlines())), (1, 1))
        self.assertIn(f"is no program for {other}", printed)

    def test_every_module_is_python_3_9(self):
        files = glob.glob(f"{ROOT}/python/rusage_bpf/*.py")
        self.assertGreater(len(files), 20)
        for name in files:
            with open(name, encoding="utf-8") as file:
                ast.parse(file.read(), name, feature_version=(3, 9))

    def test_a_script_is_recorded_where_nothing_else_is_installed(self):
        status, printed = self.bare.run("-c", SCRIPT)
        self.assertEqual(status, 0, printed)
        first, second = printed.splitlines()[-2:]
        found = json.loads(first)
        self.assertTrue(found.pop("file").startswith(self.bare.directory))
        self.assertGreaterEqual(found.pop("rows"), 1)
        names = found.pop("names")
        self.assertIn("timestamp", names)
        self.assertIn("rss", names)
        self.assertNotIn("kind", names)
        self.assertEqual(found, {"modules": [], "samples": "list", "backend": "bpf", "execs": 1})
        self.assertIn("pip install 'rusage-bpf[notebook]'", second)

    def test_a_notebook_is_recorded_in_a_real_kernel(self):
        environment = Environment(f"{self.directory}/notebook", self.wheel, "--system-site-packages")
        # A kernel of this environment's Python, as its user would make it.
        status, printed = environment.run("-m", "ipykernel", "install", "--sys-prefix")
        self.assertEqual(status, 0, printed)
        status, printed = environment.run("-c", NOTEBOOK)
        self.assertEqual(status, 0, printed)
        rows, execs, recorder = printed.split()[-3:]
        self.assertGreaterEqual(int(rows), 1)
        self.assertEqual((execs, recorder), ("1", environment.bundled))

    def test_the_module_is_the_recorder_with_its_exit_status(self):
        with open(self.bare.bundled, "rb") as inside, open(RECORDER, "rb") as given:
            self.assertEqual(inside.read(), given.read())
        version = check(RECORDER, "--version")
        self.assertEqual(self.bare.run("-m", "rusage_bpf", "--version"), (0, version))
        out = f"{self.directory}/module.json"
        status, printed = self.bare.run("-m", "rusage_bpf", "-q", "-o", out, "--", "/bin/sh", "-c", "exit 7")
        self.assertEqual(status, 7, printed)
        with open(out, encoding="utf-8") as file:
            self.assertEqual(json.load(file)["meta"]["argv"], ["/bin/sh", "-c", "exit 7"])

    def test_the_environment_names_another_recorder_and_path_comes_before_the_wheel(self):
        programs = f"{self.directory}/programs"
        os.makedirs(programs, exist_ok=True)
        for name in ("rusage-bpf", "named"):
            with open(f"{programs}/{name}", "w", encoding="utf-8") as script:
                script.write(f"#!/bin/sh\necho this is {name}\n")
            os.chmod(f"{programs}/{name}", 0o755)
        path = f"{programs}:/usr/bin:/bin"
        self.assertEqual(self.bare.run("-m", "rusage_bpf", PATH=path), (0, "this is rusage-bpf\n"))
        self.assertEqual(self.bare.run("-m", "rusage_bpf", PATH=path, RUSAGE_BPF=f"{programs}/named"),
                         (0, "this is named\n"))
        status, printed = self.bare.run("-m", "rusage_bpf", RUSAGE_BPF="/nothing")
        self.assertEqual((status, len(printed.splitlines())), (125, 1))
        self.assertIn("RUSAGE_BPF is /nothing", printed)

    def test_a_users_script_passes_mypy_with_strict(self):
        script = f"{self.directory}/typed.py"
        with open(script, "w", encoding="utf-8") as file:
            file.write(TYPED_SCRIPT)
        for version in ("3.9", "3.13"):
            printed = check("/usr/bin/python3", "-m", "mypy", "--strict", "--python-version", version,
                            "--cache-dir", f"{self.directory}/mypy", "--python-executable", self.bare.python, script)
            self.assertIn("Success", printed)


class CapabilitiesTest(unittest.TestCase):
    """Each in an environment of its own, as what is given stays."""

    def setUp(self):
        self.directory = self.enterContext(tempfile.TemporaryDirectory(prefix="rusage-bpf-capabilities-"))
        os.chmod(self.directory, 0o755)

    def environment(self, name="venv"):
        return Environment(f"{self.directory}/{name}", WHEEL)

    def assert_one_line(self, result, *parts):
        status, printed = result
        self.assertEqual((status, len(printed.splitlines())), (1, 1), printed)
        for part in parts:
            self.assertIn(part, printed)

    def test_root_gives_them_and_another_user_then_records_with_bpf(self):
        environment = self.environment()
        out = tempfile.mkdtemp(dir=self.directory)
        os.chown(out, NOBODY.pw_uid, NOBODY.pw_gid)
        record = ("-m", "rusage_bpf", "-q", "-o", f"{out}/run.json", "--", "/bin/true")

        def backend():
            status, printed = environment.run_as(NOBODY, *record, HOME=out)
            self.assertEqual(status, 0, printed)
            with open(f"{out}/run.json", encoding="utf-8") as file:
                return json.load(file)["meta"]["backend"]

        self.assertEqual(backend(), "proc")
        status, printed = environment.run("-m", "rusage_bpf.capabilities")
        self.assertEqual((status, printed), (0, f"{environment.bundled} may now use BPF without root\n"))
        self.assertEqual(check("/sbin/getcap", environment.bundled),
                         f"{environment.bundled} cap_perfmon,cap_bpf=ep\n")
        self.assertEqual(backend(), "bpf")

    def test_who_is_not_root_is_told_the_command(self):
        environment = self.environment()
        self.assert_one_line(environment.run_as(NOBODY, "-m", "rusage_bpf.capabilities"),
                             f"sudo {environment.python} -m rusage_bpf.capabilities")

    def mounted(self, kind, options):
        place = f"{self.directory}/{kind}"
        os.mkdir(place)
        check("/bin/mount", "-t", kind, "-o", options, kind, place)
        self.addCleanup(check, "/bin/umount", place)
        return self.environment(f"{kind}/venv")

    def test_a_file_system_that_is_mounted_nosuid_is_named(self):
        environment = self.mounted("tmpfs", "nosuid,size=200m")
        self.assert_one_line(environment.run("-m", "rusage_bpf.capabilities"),
                             f"tmpfs on {self.directory}/tmpfs is mounted nosuid")

    def test_a_file_system_that_keeps_no_capabilities_is_named(self):
        environment = self.mounted("ramfs", "mode=755")
        self.assert_one_line(environment.run("-m", "rusage_bpf.capabilities"),
                             f"ramfs on {self.directory}/ramfs keeps no capabilities")

    def test_where_they_cannot_be_had_nothing_is_left_and_the_recorder_starts(self):
        environment = self.environment()
        # As a container's root, without one of them in the bounding set.
        status, printed = run("/sbin/capsh", "--drop=cap_bpf", "--", "-c",
                              f"exec {environment.python} -m rusage_bpf.capabilities", env=environment.variables)
        self.assert_one_line((status, printed), "bounding set lacks CAP_BPF")
        self.assertEqual(check("/sbin/getcap", environment.bundled), "")

    def test_a_checkout_has_no_recorder_to_give_them_to(self):
        self.assert_one_line(run("/usr/bin/python3", "-m", "rusage_bpf.capabilities", cwd=f"{ROOT}/python"),
                             "has no recorder of its own")


if __name__ == "__main__":
    unittest.main()
