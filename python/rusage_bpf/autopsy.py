"""Why "the kernel died": how a recorded process ended, from the recording and its surroundings."""

import signal
from typing import TYPE_CHECKING, Any, Dict, List, Optional

from .oom import OomKills, killed_by_oom, oom_kills
from .recording import Recording
from .surroundings import Surroundings
from .text import human_bytes, plural

if TYPE_CHECKING:
    import pandas

_LAST_ROWS = 5
_MOST_NAMES = 10
_SHOWN = ["timestamp", "pid_count", "user", "system", "rss", "read_bytes", "write_bytes", "num_fds"]


def autopsy(recording: Recording, before: Optional[Surroundings]) -> str:
    """A few lines of text. `before` are the surroundings at the beginning of the recording."""
    samples = recording.known_samples()
    root = _root(recording)
    kills = oom_kills(before)
    lines = [
        ("the end", _ending(recording, samples, root)),
        ("memory", _memory(samples, before)),
        ("OOM kills", _oom_text(kills)),
        ("live", _live(recording, samples)),
    ]
    if root and root["signal"] == signal.SIGKILL and kills.maybe_recorded():
        lines.append(("so", "it was most likely the kernel's OOM killer: there was too little memory"))
    else:
        lines += [("so", line) for line in killed_by_oom(recording, before)]
    rows = samples[_SHOWN].tail(_LAST_ROWS).to_string(index=False)
    return "\n".join([f"{title + ':':<11}{text}" for title, text in lines] + ["last rows:", rows])


def _root(recording: Recording) -> Optional[Dict[str, Any]]:
    """The last process record of the root of the recorded tree."""
    records = [record for record in recording.processes or [] if record["pid"] == recording.meta["root_pid"]]
    return max(records, key=lambda record: record["start"]) if records else None


def _ending(recording: Recording, samples: "pandas.DataFrame", root: Optional[Dict[str, Any]]) -> str:
    command = " ".join(" ".join(recording.meta["argv"]).split())
    name = f"process {recording.meta['root_pid']} ({command[:60]})"
    if recording.processes is None:
        recorder = "was gone" if recording.meta["ended_by"] is None else "ended"
        last_s = samples["elapsed"].max()
        return f"the recorder {recorder} after {last_s:.3f} s; how {name} ended is unknown"
    if root is None or root["end"] is None:
        return f"{name} was still live when the recording ended, by {recording.meta['ended_by']}"
    if root["signal"] is not None:
        how = f"was killed by signal {root['signal']} ({signal.strsignal(root['signal'])})"
    elif root["exit_code"] is not None:
        how = f"ended with exit code {root['exit_code']}"
    else:
        how = "ended in an unknown way"
    return f"{name} {how} after {root['end']:.3f} s"


def _memory(samples: "pandas.DataFrame", before: Optional[Surroundings]) -> str:
    peak = samples["rss"].max()
    at = samples["elapsed"][samples["rss"].idxmax()]
    text = f"at most {human_bytes(peak)} resident, at {at:.3f} s"
    if before is None:
        return text
    if before.memory_limit is not None:
        return f"{text}: {peak / before.memory_limit:.0%} of its cgroup's limit, {human_bytes(before.memory_limit)}"
    if before.memory_total is not None:
        return f"{text}: {peak / before.memory_total:.0%} of the machine's {human_bytes(before.memory_total)}"
    return text


def _oom_text(kills: OomKills) -> str:
    counts = [f"{'unknown' if count is None else count} {where}"
              for count, where in ((kills.in_cgroup, "in its cgroup"), (kills.on_machine, "on the machine"))]
    return f"{', '.join(counts)}, since the recording began"


def _live(recording: Recording, samples: "pandas.DataFrame") -> str:
    if recording.processes is None:
        return f"{plural(int(samples['pid_count'].iloc[-1]), 'process')} in the last row"
    names: List[str] = [f"{record['command'] or '(unknown)'} ({record['pid']})" for record in recording.processes
                        if record["end"] is None]
    more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
    return (", ".join(names[:_MOST_NAMES]) + more) or "no process, at the end"
