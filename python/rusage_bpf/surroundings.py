"""The memory limit of a process, and the counts of OOM kills.

Noted at the beginning of a recording, to be compared after a crash.
"""

import dataclasses
import json
import os
from dataclasses import dataclass
from typing import Iterator, Optional, Tuple

# The names of the files in each version of cgroups.
_LIMITS = ("memory.max", "memory.limit_in_bytes")
_EVENTS = ("memory.events", "memory.oom_control")


@dataclass(frozen=True)
class Surroundings:
    """Of one process at one time. None if unknown.

    `cgroup` is the directory of the cgroup that accounts its memory, `cgroup_oom_kills` and
    `machine_oom_kills` are how many processes of it, or of the machine, the OOM killer has ended
    since they came up. Sizes are in bytes; `memory_limit` is the least of the cgroup and those above.
    """

    boot_id: Optional[str]
    cgroup: Optional[str]
    cgroup_oom_kills: Optional[int]
    machine_oom_kills: Optional[int]
    memory_limit: Optional[int]
    memory_total: Optional[int]


def read_surroundings(pid: int) -> Surroundings:
    cgroup = _memory_cgroup(pid)
    total_kib = _field("/proc/meminfo", "MemTotal:")
    total = None if total_kib is None else total_kib * 1024
    return Surroundings(boot_id(), cgroup, cgroup_oom_kills(cgroup),
                        machine_oom_kills(), _memory_limit(cgroup, total), total)


def cgroup_oom_kills(cgroup: Optional[str]) -> Optional[int]:
    if not cgroup:
        return None
    for name in _EVENTS:
        count = _field(os.path.join(cgroup, name), "oom_kill")
        if count is not None:
            return count
    return None


def is_hierarchical(cgroup: Optional[str]) -> bool:
    """Whether the count of a cgroup includes the cgroups below it."""
    return cgroup is not None and os.path.exists(os.path.join(cgroup, "memory.events"))


def machine_oom_kills() -> Optional[int]:
    return _field("/proc/vmstat", "oom_kill")


def boot_id() -> Optional[str]:
    return _text("/proc/sys/kernel/random/boot_id")


def note_surroundings(path: str, pid: int) -> None:
    """Writes them to a new file, for the user only."""
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        json.dump(dataclasses.asdict(read_surroundings(pid)), file)


def noted_surroundings(path: str) -> Optional[Surroundings]:
    """Those of a file, or None if it is missing or incomplete."""
    try:
        with open(path, encoding="utf-8") as file:
            return Surroundings(**json.load(file))
    except (OSError, ValueError, TypeError):
        return None


def _text(path: str) -> Optional[str]:
    try:
        with open(path, encoding="utf-8") as file:
            return file.read().strip()
    except OSError:
        return None


def _field(path: str, name: str) -> Optional[int]:
    """The number behind a name, in a file of lines `name number`."""
    for line in (_text(path) or "").splitlines():
        words = line.split()
        if len(words) > 1 and words[0] == name and words[1].isdigit():
            return int(words[1])
    return None


def _memory_cgroup(pid: int) -> Optional[str]:
    """The directory of the cgroup, of version 1 or 2, that has the memory controller."""
    of_version = {}
    for line in (_text(f"/proc/{pid}/cgroup") or "").splitlines():
        _, controllers, path = line.split(":", 2)
        if not controllers:
            of_version["cgroup2"] = path
        elif "memory" in controllers.split(","):
            of_version["cgroup"] = path
    for version, mount in cgroup_mounts():
        if version in of_version:
            directory = os.path.normpath(mount + of_version[version])
            # In a container the path may be the host's, which does not exist there.
            directory = directory if os.path.isdir(directory) else mount
            if cgroup_oom_kills(directory) is not None:
                return directory
    return None


def cgroup_mounts() -> Iterator[Tuple[str, str]]:
    """`cgroup` or `cgroup2`, and where that is mounted; of version 1 the memory controller."""
    for line in (_text("/proc/mounts") or "").splitlines():
        _, mount, kind, options, *_ = line.split()
        if kind == "cgroup2" or (kind == "cgroup" and "memory" in options.split(",")):
            yield kind, mount


def _memory_limit(cgroup: Optional[str], total: Optional[int]) -> Optional[int]:
    """The least limit of a cgroup and those above it; None where there is none below the machine's memory."""
    limits = []
    while cgroup and cgroup != "/":
        for name in _LIMITS:
            text = _text(os.path.join(cgroup, name)) or ""
            if text.isdigit() and (total is None or int(text) < total):
                limits.append(int(text))
        cgroup = os.path.dirname(cgroup)
    return min(limits, default=None)
