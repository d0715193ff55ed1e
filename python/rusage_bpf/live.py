"""While a cell runs: one line and a small chart below it, about once a second.

A thread of the notebook gets the rows without read() (see page_cache), so that it adds to the recording only its own
CPU time, a few milliseconds a second, and what Jupyter needs to send an update. A cell that ends within a second shows
nothing.
"""

import sys
import threading
from collections import deque
from contextlib import suppress
from typing import Any, Deque, Dict, List, Optional, Tuple

from .follow import Follower
from .say import one_line, warn
from .text import human_bytes, plural

_PERIOD_S = 1
_PATIENCE_S = 5
_MOST_POINTS = 240


class Live:
    """Exists from before a recording until after it, so that its thread and its descriptors do not change meanwhile."""

    def __init__(self, display: Any):
        """`display` is that of IPython, or another that takes a bundle of MIME types."""
        self._display = display
        self._handle: Optional[Any] = None
        self._history = History()
        self._follower: Optional[Follower] = None
        self._ready, self._begun, self._over, self._ended = (threading.Event() for _ in range(4))
        self._working = threading.Lock()
        self._failure: Optional[Exception] = None
        self._thread = threading.Thread(target=self._run, name="rusage-bpf live", daemon=True)
        self._thread.start()
        self._ready.wait()

    def begin(self, follower: Follower) -> None:
        self._follower = follower
        self._begun.set()

    def stop(self) -> None:
        """From here on nothing is read or shown."""
        self._over.set()
        # Waits for a current update, but not for ever: the front end may hang.
        if self._working.acquire(timeout=_PATIENCE_S):
            self._working.release()

    def end(self) -> None:
        self._over.set()
        self._begun.set()
        self._ended.set()
        self._thread.join(_PATIENCE_S)
        if self._failure:
            warn(f"the live line: {one_line(self._failure)}")

    def _run(self) -> None:
        with suppress(Exception):
            # Jupyter opens a channel for each thread that sends something.
            sys.stdout.flush()
        self._ready.set()
        self._begun.wait()
        try:
            while self._follower and not self._over.wait(_PERIOD_S):
                self._update(self._follower)
        except Exception as failure:
            self._failure = failure
        self._ended.wait()

    def _update(self, follower: Follower) -> None:
        with self._working:
            if not self._over.is_set() and self._history.add(follower.new_rows()):
                self._show()

    def _show(self) -> None:
        bundle = {"text/plain": self._history.line(), "text/html": self._history.html()}
        if self._handle is None:
            self._handle = self._display(bundle, raw=True, display_id=True)
        else:
            self._handle.update(bundle, raw=True)


class History:
    """CPU in % of one core and resident bytes at each update, and the last row."""

    def __init__(self) -> None:
        self._points: Deque[Tuple[float, float, int]] = deque(maxlen=_MOST_POINTS)
        self._last: Dict[str, Any] = {}
        self._rates: Dict[str, float] = {}

    def add(self, rows: List[Dict[str, Any]]) -> bool:
        """Adds the new rows, and returns whether there is anything new to show."""
        since = self._last.get("elapsed")
        if not rows or (since is None and len(rows) < 2):
            return False
        if since is None:
            since, rows = rows[0]["elapsed"], rows[1:]
        self._last = rows[-1]
        seconds = self._last["elapsed"] - since
        if seconds <= 0:
            return False

        def rate(*names: str) -> float:
            return sum(row[name] or 0 for row in rows for name in names) / seconds

        self._rates = {"cpu": rate("user", "system") * 100, "read": rate("read_bytes"), "write": rate("write_bytes")}
        self._points.append((self._last["elapsed"], self._rates["cpu"], max(row["rss"] or 0 for row in rows)))
        return True

    def line(self) -> str:
        minutes, seconds = divmod(int(self._last["elapsed"]), 60)
        rates = self._rates
        return "  ".join([
            f"{minutes}:{seconds:02}", f"CPU {rates['cpu']:.0f} %", f"RSS {human_bytes(self._last['rss'])}",
            plural(self._last["pid_count"], "process"), f"read {human_bytes(rates['read'])}/s",
            f"write {human_bytes(rates['write'])}/s"])

    def html(self) -> str:
        cpu = _curve([(at, used) for at, used, _ in self._points], "#636efa")
        rss = _curve([(at, resident) for at, _, resident in self._points], "#ab63fa")
        return (f'<pre style="margin:0">{self.line()}</pre><span style="font-size:small;color:gray">'
                f"CPU {cpu} RSS {rss}</span>")


def _curve(points: List[Tuple[float, float]], colour: str, width: int = 240, height: int = 32) -> str:
    """A small chart from 0 to the greatest value, as SVG."""
    first, last = points[0][0], points[-1][0]
    top = max(value for _, value in points) or 1
    across = (width - 2) / ((last - first) or 1)
    line = " ".join(f"{1 + (at - first) * across:.1f},{height - 1 - value / top * (height - 2):.1f}"
                    for at, value in points)
    return (f'<svg width="{width}" height="{height}" style="vertical-align:middle">'
            f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="1.5"/></svg>')
