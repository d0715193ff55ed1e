#!/usr/bin/env python3
"""What tools/release makes, started and installed where nothing of ours was before.

Needs root, for chroots. Run by tools/test; by hand, for what is in dist/:
sudo RUSAGE_DIST=dist tests/packages/packages_test.py [-v] [TEST...]
"""

import json
import os
import re
import shutil
import subprocess
import tempfile
import unittest
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from chroots import NEWEST, Chroot, debian, oldest

DIST = Path(os.environ["RUSAGE_DIST"])
MOST_BYTES = 6 << 20
ARCHITECTURES = ["x86_64", "aarch64"]
# What the .deb depends on, beside what every Debian has.
NEEDED = ("libcap2-bin",)
EMULATOR = Path("/usr/bin/qemu-aarch64-static")


def artifact(pattern: str) -> Path:
    found, = DIST.glob(pattern)
    return found


def program(architecture: str) -> Path:
    return artifact(f"rusage-bpf-[0-9]*-{architecture}")


def recording(chroot: Chroot, recorder: str, *command: str, user: str = "root") -> tuple[dict, str]:
    """The document of a recorded command, and what the recorder said."""
    file = "/document.json" if user == "root" else f"/home/{user}/document.json"
    line = [recorder, "-q", "-o", file, "--", *command]
    said = chroot.run(*(line if user == "root" else ["runuser", "-u", user, "--", *line])).stderr
    return json.loads((chroot.path / file[1:]).read_text("utf-8")), said


class StaticFileTest(unittest.TestCase):
    def test_the_checksums_are_those_of_all_files(self):
        lines = (DIST / "SHA256SUMS").read_text(encoding="utf-8").splitlines()
        self.assertEqual(sorted(line.split()[1] for line in lines),
                         sorted(path.name for path in DIST.iterdir() if path.name != "SHA256SUMS"))
        subprocess.run(["sha256sum", "--check", "--strict", "--quiet", "SHA256SUMS"], cwd=DIST, check=True)

    def test_the_program_is_one_small_file_that_needs_no_other(self):
        for architecture in ARCHITECTURES:
            with self.subTest(architecture):
                file = program(architecture)
                self.assertLess(file.stat().st_size, MOST_BYTES)
                headers = subprocess.run(["readelf", "-lSdW", file], stdout=subprocess.PIPE, text=True,
                                         check=True).stdout
                for needs in ("INTERP", "(NEEDED)", ".symtab", ".debug_info"):
                    self.assertNotIn(needs, headers)

    def test_it_says_what_it_is_in_a_root_that_holds_nothing_else(self):
        for architecture in ARCHITECTURES:
            with self.subTest(architecture), Chroot() as chroot:
                start = [chroot.add(program(architecture), "/rusage-bpf")]
                if architecture == "aarch64":
                    start.insert(0, chroot.add(EMULATOR, "/emulator"))
                said = chroot.run(*start, "--version")
                self.assertRegex(said.stdout,
                                 rf"^rusage-bpf [0-9.]+\ncommit [0-9a-f]+(-dirty)?, {architecture}, static\n")
                self.assertIn("--interval", chroot.run(*start, "--help").stdout)

    def test_it_records_with_bpf_in_a_root_that_holds_nothing_else(self):
        with Chroot() as chroot:
            recorder = chroot.add(program("x86_64"), "/rusage-bpf")
            document, said = recording(chroot, recorder, recorder, "--version")
            self.assertEqual((document["meta"]["backend"], document["meta"]["exit_code"]), ("bpf", 0))
            self.assertEqual(document["totals"]["execs"], 1)
            self.assertRegex(said, r"^rusage-bpf: recording without a recovery ring, [^\n]*\n$")

    def test_it_records_in_the_oldest_and_the_newest_debian(self):
        for suite in (oldest(), NEWEST):
            with self.subTest(suite), Chroot(debian(suite, "essential")) as chroot:
                recorder = chroot.add(program("x86_64"), "/usr/local/bin/rusage-bpf")
                document, said = recording(chroot, recorder, "sh", "-c", "/bin/true; /bin/true")
                self.assertEqual((document["meta"]["backend"], document["meta"]["exit_code"], said), ("bpf", 0, ""))
                self.assertGreaterEqual(document["totals"]["forks"], 1)

    def test_without_getent_the_users_are_those_of_the_files_and_a_line_says_so(self):
        with Chroot(debian("bookworm", "minbase", *NEEDED)) as chroot:
            recorder = chroot.add(program("x86_64"), "/usr/bin/rusage-bpf")
            chroot.run("useradd", "--uid", "4321", "someone")
            chroot.run("groupadd", "--gid", "8765", "--users", "someone", "several")
            ids = [recorder, "-q", "-o", "-.csv", "--user", "someone", "--", "sh", "-c", "id -u >&2; id -G >&2"]
            by_getent = chroot.run(*ids).stderr
            self.assertEqual(by_getent, "4321\n4321 8765\n")
            (chroot.path / "usr/bin/getent").unlink()
            self.assertEqual(chroot.run(*ids).stderr, by_getent)
            refused = chroot.run(recorder, "--user", "nemo", "--", "true", status=125)
            self.assertEqual(refused.stderr.count("\n"), 1)
            self.assertIn("--user nemo: /etc/passwd has no such user", refused.stderr)
            self.assertIn("/usr/bin/getent, which is not here", refused.stderr)


class PackageTest(unittest.TestCase):
    def setUp(self):
        self.chroot = self.enterContext(Chroot(debian("bookworm", "minbase", *NEEDED)))
        for user in ("member", "stranger"):
            self.chroot.run("useradd", "--create-home", user)
        self.files = self.chroot.files()

    def install(self, package: Path, status: int = 0) -> subprocess.CompletedProcess:
        (self.chroot.path / "package.deb").write_bytes(package.read_bytes())
        installed = self.chroot.run("dpkg", "--install", "/package.deb", status=status)
        (self.chroot.path / "package.deb").unlink()
        return installed

    def deb(self) -> Path:
        return artifact("*_amd64.deb")

    def other_version(self, version: str, directory: str) -> Path:
        """The same package as if it was another version."""
        tree, package = f"{directory}/tree", Path(directory, "other.deb")
        subprocess.run(["dpkg-deb", "--raw-extract", self.deb(), tree], check=True)
        control = Path(tree, "DEBIAN/control")
        control.write_text(re.sub(r"(?m)^Version: .*", f"Version: {version}", control.read_text("utf-8")), "utf-8")
        subprocess.run(["dpkg-deb", "--build", "-Znone", tree, package], stdout=subprocess.DEVNULL, check=True)
        shutil.rmtree(tree)
        return package

    def check_member(self):
        self.chroot.run("usermod", "-aG", "rusage", "member")
        document, said = recording(self.chroot, "rusage-bpf", "/bin/true", user="member")
        meta = document["meta"]
        self.assertEqual((meta["backend"], meta["realtime_priority"], said), ("bpf", True, ""))
        doctor = self.chroot.run("runuser", "-u", "member", "rusage-bpf", "doctor")
        self.assertIn("Recording with BPF works here as this user", doctor.stdout)

    def check_stranger(self, advice: str, no_advice: str):
        document, _ = recording(self.chroot, "rusage-bpf", "/bin/true", user="stranger")
        self.assertEqual((document["meta"]["backend"], document["meta"]["exit_code"]), ("proc", 0))
        self.assertIn(advice, document["meta"]["backend_reason"])
        self.assertNotIn(no_advice, document["meta"]["backend_reason"])
        self.chroot.run("runuser", "-u", "stranger", "--", "test", "-x", "/usr/libexec/rusage-bpf/rusage-bpf", status=1)

    def check_group(self, exists: bool):
        self.assertEqual("\nrusage:" in (self.chroot.path / "etc/group").read_text("utf-8"), exists)

    def test_members_of_the_group_record_with_bpf_and_strangers_by_proc(self):
        self.install(self.deb())
        self.check_member()
        self.check_stranger("usermod -aG rusage", "setcap")

    def test_who_declines_by_the_configuration_has_nobody_record_with_bpf(self):
        (self.chroot.path / "etc/default/rusage-bpf").write_text("MEMBERS_MAY_RECORD=no\n", "utf-8")
        # dpkg asks which of both files is to be; without a terminal, the one that is there.
        self.chroot.run("sh", "-c", "echo force-confold > /etc/dpkg/dpkg.cfg.d/keep")
        self.install(self.deb())
        self.check_group(False)
        self.check_stranger("setcap", "usermod")
        self.assertEqual(self.chroot.run("getcap", "-r", "/usr").stdout, "")

    def test_who_declines_afterwards_takes_the_capabilities_away(self):
        self.install(self.deb())
        self.check_member()
        (self.chroot.path / "etc/default/rusage-bpf").write_text("MEMBERS_MAY_RECORD=no\n", "utf-8")
        self.chroot.run("/usr/libexec/rusage-bpf/let-members-record")
        self.assertEqual(self.chroot.run("getcap", "-r", "/usr").stdout, "")
        self.check_stranger("setcap", "usermod")

    def test_an_upgrade_keeps_the_members_and_the_configuration(self):
        with tempfile.TemporaryDirectory(dir="/var/tmp") as directory:
            self.install(self.other_version("0.0.1-1", directory))
            self.check_member()
            setting = self.chroot.path / "etc/default/rusage-bpf"
            setting.write_text("MEMBERS_MAY_RECORD=yes  # as before\n", "utf-8")
            self.install(self.deb())
        self.check_member()
        self.assertIn("as before", setting.read_text("utf-8"))

    def test_a_purge_leaves_nothing(self):
        self.install(self.deb())
        self.check_member()
        self.check_group(True)
        self.chroot.run("dpkg", "--purge", "rusage-bpf")
        self.check_group(False)
        home = {path for path in self.chroot.files() if path.startswith(("home/", "run/", "tmp/"))}
        self.assertEqual(self.chroot.files() - self.files - home, set())

    def test_an_rpm_is_installed_used_and_erased(self):
        def rpm(*arguments):
            subprocess.run(["rpm", f"--root={self.chroot.path}", "--nodeps", *arguments], stdout=subprocess.PIPE,
                           stderr=subprocess.PIPE, check=True)

        rpm("--install", artifact("*.x86_64.rpm"))
        self.check_member()
        self.check_stranger("usermod -aG rusage", "setcap")
        rpm("--erase", "rusage-bpf")
        self.check_group(False)
        home = {path for path in self.chroot.files() if path.startswith(("home/", "run/", "tmp/"))}
        self.assertEqual(self.chroot.files() - self.files - home, set())


class ContentsTest(unittest.TestCase):
    def test_lintian_has_nothing_to_say(self):
        for architecture in ("amd64", "arm64"):
            said = subprocess.run(["lintian", "--allow-root", artifact(f"*_{architecture}.deb")],
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=True)
            self.assertEqual(said.stdout, "")

    def test_each_package_holds_the_program_its_page_and_completions_for_its_architecture(self):
        names = {"usr/bin/rusage-bpf", "usr/libexec/rusage-bpf/rusage-bpf", "usr/share/man/man1/rusage-bpf.1.gz",
                 "usr/share/bash-completion/completions/rusage-bpf", "etc/default/rusage-bpf",
                 "usr/share/fish/vendor_completions.d/rusage-bpf.fish",
                 "usr/share/rusage-bpf/python/rusage_bpf/__init__.py",
                 "usr/share/rusage-bpf/python/rusage_bpf/py.typed"}
        for pattern, architecture in (("*_amd64.deb", "x86_64"), ("*_arm64.deb", "aarch64"),
                                      ("*.x86_64.rpm", "x86_64"), ("*.aarch64.rpm", "aarch64")):
            with self.subTest(pattern), tempfile.TemporaryDirectory() as directory:
                package = artifact(pattern)
                if package.suffix == ".deb":
                    subprocess.run(["dpkg-deb", "--extract", package, directory], check=True)
                else:
                    subprocess.run(["sh", "-c", 'rpm2cpio "$0" | cpio --quiet -idm', package.resolve()], cwd=directory,
                                   check=True)
                held = {str(path.relative_to(directory)) for path in Path(directory).rglob("*")}
                self.assertLessEqual(names, held)
                for name in ("usr/bin/rusage-bpf", "usr/libexec/rusage-bpf/rusage-bpf"):
                    self.assertEqual(Path(directory, name).read_bytes(), program(architecture).read_bytes())

    def test_the_python_package_is_found_by_the_python_of_debian(self):
        with tempfile.TemporaryDirectory() as directory:
            subprocess.run(["dpkg-deb", "--extract", artifact("*_amd64.deb"), directory], check=True)
            found = Path(directory, "usr/lib/python3/dist-packages/rusage-bpf.pth").read_text("utf-8")
            self.assertEqual(found, "/usr/share/rusage-bpf/python\n")
            script = ("import sys; sys.path.insert(0, sys.argv[1]); import rusage_bpf\n"
                      "with rusage_bpf.record() as r: sum(range(10**6))\n"
                      "print(rusage_bpf.__file__, len(r.samples) > 1)")
            said = subprocess.run(["/usr/bin/python3", "-B", "-I", "-c", script, f"{directory}{found.strip()}"],
                                  cwd=directory, stdout=subprocess.PIPE, text=True, check=True,
                                  env={"RUSAGE_BPF": f"{directory}/usr/bin/rusage-bpf", "PATH": "/usr/bin:/bin",
                                       "HOME": directory})
            self.assertEqual(said.stdout, f"{directory}/usr/share/rusage-bpf/python/rusage_bpf/__init__.py True\n")

    def test_the_example_for_sudoers_is_understood(self):
        with tempfile.TemporaryDirectory() as directory:
            subprocess.run(["dpkg-deb", "--extract", artifact("*_amd64.deb"), directory], check=True)
            subprocess.run(["/usr/sbin/visudo", "-cqf", f"{directory}/usr/share/doc/rusage-bpf/examples/sudoers"],
                           check=True)


def setUpModule():
    """Makes the Debians side by side, unless they are kept from before."""
    with ThreadPoolExecutor() as threads:
        made = [threads.submit(debian, "bookworm", "minbase", *NEEDED), threads.submit(debian, oldest(), "essential"),
                threads.submit(debian, NEWEST, "essential")]
    for one in made:
        one.result()


if __name__ == "__main__":
    unittest.main()
