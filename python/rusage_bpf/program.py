"""Finds the recorder, and the privileges that a notebook lacks."""

import os
import shutil
import subprocess
from dataclasses import dataclass
from typing import List, Optional

from .errors import RecorderError


@dataclass(frozen=True)
class Program:
    """The `path` of the recorder; `command`, which comes before its options; and `how`, its privileges as text."""

    path: str
    command: List[str]
    how: str


# The recorder in a wheel; a checkout has none.
BUNDLED = os.path.join(os.path.dirname(os.path.abspath(__file__)), "bin", "rusage-bpf")


def find_path() -> str:
    """The recorder's absolute path: what the environment's RUSAGE_BPF names, the one in PATH, or that of the wheel."""
    named = os.environ.get("RUSAGE_BPF")
    found = shutil.which(named or "rusage-bpf")
    if found:
        return os.path.abspath(found)
    if named:
        raise RecorderError(f"RUSAGE_BPF is {named}, which is no program; set it to the recorder, rusage-bpf")
    if os.access(BUNDLED, os.X_OK):
        return BUNDLED
    raise RecorderError("there is no rusage-bpf in PATH; install it, or name it in the environment as RUSAGE_BPF")


def find_program(backend: Optional[str] = None) -> Program:
    """The recorder with as many privileges as possible: its own, by `sudo -n`, or none.

    `backend` is the recorder's --backend. "proc" needs no sudo. Without privileges the recorder polls /proc.
    """
    path = find_path()
    command = [path, "--backend", backend] if backend else [path]
    if os.geteuid() == 0:
        return Program(path, command, "as root")
    if _has_file_capabilities(path) or _is_for_members(path):
        return Program(path, command, "by its file capabilities")
    if backend != "proc" and _sudo_allows(path):
        return Program(path, ["sudo", "-n", "--", *command], "by sudo -n")
    return Program(path, command, "without privileges")


def _has_file_capabilities(path: str) -> bool:
    try:
        return bool(os.getxattr(path, "security.capability"))
    except OSError:
        return False


def _is_for_members(path: str) -> bool:
    """Whether a package's copy of it, which has capabilities, may be executed by this user: the recorder does that."""
    copy = os.path.join(os.path.dirname(os.path.dirname(os.path.realpath(path))), "libexec/rusage-bpf/rusage-bpf")
    return os.access(copy, os.X_OK) and _has_file_capabilities(copy)


def _sudo_allows(path: str) -> bool:
    """Whether sudo runs this program without a password."""
    if not shutil.which("sudo"):
        return False
    tried = subprocess.run(["sudo", "-n", "--", path, "--version"], stdin=subprocess.DEVNULL,
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    return tried.returncode == 0
