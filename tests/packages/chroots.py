"""Roots of file systems for tests of packages: empty ones, and Debian's, which ~/.cache/rusage-bpf/debian keeps."""

import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Optional

ROOT = Path(__file__).resolve().parent.parent.parent
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "rusage-bpf/debian"
# An older archive is made anew.
MOST_DAYS = 7
# From the oldest whose programs run on a kernel of today.
SUITES = ["jessie", "stretch", "buster", "bullseye", "bookworm"]
NEWEST = "sid"
PATIENCE_S = 600


def mirror() -> str:
    printed = subprocess.run([ROOT / "tools/debian_mirror"], stdout=subprocess.PIPE, text=True, check=True)
    return printed.stdout.strip().rstrip("/")


def oldest() -> str:
    """The first suite that the mirror has."""
    for suite in SUITES:
        with tempfile.TemporaryDirectory() as directory:
            fetched = subprocess.run(["/usr/lib/apt/apt-helper", "-o", "APT::Sandbox::User=root", "download-file",
                                      f"{mirror()}/dists/{suite}/Release", f"{directory}/Release"],
                                     stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False,
                                     timeout=PATIENCE_S)
        if fetched.returncode == 0:
            return suite
    raise FileNotFoundError(f"the mirror {mirror()} has none of {SUITES}")


def debian(suite: str, variant: str, *packages: str) -> Path:
    """The archive of a Debian, which is made if it is missing or old. What has its name is whole."""
    archive = CACHE / f"{'-'.join([suite, variant, *packages])}.tar"
    if archive.exists() and time.time() - archive.stat().st_mtime < MOST_DAYS * 86400:
        return archive
    CACHE.mkdir(parents=True, exist_ok=True)
    unfinished = archive.with_suffix(f".{os.getpid()}.tar")
    try:
        # The suites that change daily have lists that are valid for some days only.
        made = subprocess.run(["mmdebstrap", "--quiet", f"--variant={variant}",
                               *(f"--include={package}" for package in packages),
                               '--aptopt=Acquire::Check-Valid-Until "false"', suite, unfinished, mirror()],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
                              timeout=PATIENCE_S)
        if made.returncode != 0:
            raise RuntimeError(f"mmdebstrap could not make a Debian {suite}:\n{made.stdout}")
        unfinished.rename(archive)
    finally:
        unfinished.unlink(missing_ok=True)
    return archive


class Chroot:
    """A root of a file system, from an archive or with nothing in it. Not in /tmp, which may be mounted nosuid."""

    # Mounted in a mount namespace of each command alone, so that nothing is left mounted.
    ENTER = ('mkdir -p "$1/proc" "$1/dev"; mount -t proc proc "$1/proc"; mount --rbind /dev "$1/dev"; '
             'root=$1; shift; exec chroot "$root" "$@"')

    def __init__(self, archive: Optional[Path] = None):
        self.directory = tempfile.TemporaryDirectory(prefix="rusage-bpf-chroot-", dir="/var/tmp")
        self.path = Path(self.directory.name)
        self.path.chmod(0o755)
        if archive:
            subprocess.run(["tar", "-xf", archive, "-C", self.path, "--exclude=./dev/*"], check=True)

    def __enter__(self) -> "Chroot":
        return self

    def __exit__(self, *_failure) -> None:
        self.directory.cleanup()

    def add(self, source: Path, name: str) -> str:
        """Copies a program, and returns its path in here."""
        target = self.path / name.lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, target)
        target.chmod(0o755)
        return name

    def run(self, *command: str, status: int = 0) -> subprocess.CompletedProcess:
        ran = subprocess.run(["unshare", "--mount", "--propagation", "private", "sh", "-ec", self.ENTER, "enter",
                              self.path, *command],
                             stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                             env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C"}, check=False,
                             timeout=PATIENCE_S)
        if ran.returncode != status:
            raise AssertionError(f"{command} ended with {ran.returncode}, not {status}:\n{ran.stdout}{ran.stderr}")
        return ran

    def files(self) -> set[str]:
        """The paths in here, but for what package managers keep for themselves."""
        kept = ("var/lib/dpkg", "var/lib/rpm", "var/log", "var/cache", "proc", "dev", "etc/group", "etc/gshadow",
                "etc/passwd", "etc/shadow", "etc/subuid", "etc/subgid", "root/")
        paths = (str(path.relative_to(self.path)) for path in self.path.rglob("*"))
        return {path for path in paths if not path.startswith(kept)}
