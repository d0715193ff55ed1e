"""Whether the OOM killer ended a recorded process, also if that was only a worker."""

import signal
from dataclasses import dataclass
from typing import Any, Dict, List, Optional

from .recording import Recording
from .surroundings import Surroundings, boot_id, cgroup_oom_kills, is_hierarchical, machine_oom_kills
from .text import human_bytes, plural

_MOST_NAMES = 5


@dataclass(frozen=True)
class OomKills:
    """How many processes the OOM killer has ended since a recording began; None if unknown.

    `with_cgroups_below`: `in_cgroup` includes the cgroups below, as in cgroup v2.
    """

    in_cgroup: Optional[int]
    on_machine: Optional[int]
    with_cgroups_below: bool

    def maybe_recorded(self) -> bool:
        """Whether it may have ended a process that was recorded."""
        return bool(self.in_cgroup) or (bool(self.on_machine) and not self.with_cgroups_below)


def oom_kills(before: Optional[Surroundings]) -> OomKills:
    """`before` are the surroundings at the beginning. After a restart of the machine all is unknown."""
    if before is None or before.boot_id != boot_id():
        return OomKills(None, None, False)
    return OomKills(_since(before.cgroup_oom_kills, cgroup_oom_kills(before.cgroup)),
                    _since(before.machine_oom_kills, machine_oom_kills()), is_hierarchical(before.cgroup))


def killed_by_oom(recording: Recording, before: Optional[Surroundings]) -> List[str]:
    """A line if there were OOM kills and recorded processes ended by SIGKILL; or none.

    The kernel only counts its OOM kills, so a SIGKILL may also come from another process.
    """
    kills = oom_kills(before)
    if before is None or not kills.maybe_recorded():
        return []
    limit = (f"; the cgroup's limit is {human_bytes(before.memory_limit)}"
             if kills.in_cgroup and before.memory_limit is not None else "")
    victims = [record for record in recording.processes or [] if record["signal"] == signal.SIGKILL]
    if victims:
        more = f" and {len(victims) - _MOST_NAMES} more" if len(victims) > _MOST_NAMES else ""
        names = ", ".join(map(_name, victims[:_MOST_NAMES])) + more
        return [f"out of memory: {names} ended by SIGKILL, most likely from the kernel's OOM killer{limit}"]
    if kills.in_cgroup and (recording.processes is None or recording.meta.get("backend") == "proc"):
        return [f"out of memory: the kernel's OOM killer ended {plural(kills.in_cgroup, 'process')} of this cgroup "
                f"meanwhile; which one is unknown{limit}"]
    return []


def _since(then: Optional[int], now: Optional[int]) -> Optional[int]:
    return None if now is None or then is None else now - then


def _name(record: Dict[str, Any]) -> str:
    peak = "" if record["peak_rss"] is None else f" with a peak of {human_bytes(record['peak_rss'])}"
    return f"{record['command'] or '(unknown)'} ({record['pid']}) after {record['end']:.3f} s{peak}"
