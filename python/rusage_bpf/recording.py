"""A recording as Python sees it: data frames and what is known of the whole."""

import time
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, Dict, List, Optional

from .columns import basic
from .errors import RecorderError

if TYPE_CHECKING:
    import pandas

_NS_PER_S = 1_000_000_000


@dataclass(eq=False)
class Recording:
    """What was recorded; empty until it is over.

    samples    DataFrame, a row an interval, a column for each of `columns`: `timestamp` (datetime64[ns],
               UTC, the row's end by the machine's clock, which may be set meanwhile), `elapsed` (seconds from the
               start to the row's end, which only grow), counters over the interval (float64, NaN in the first row),
               gauges at the row's end (int64). CPU and waiting times are in seconds, sizes in bytes.
               None where nothing was recorded.
    meta       what was recorded, when, on which machine, how it ended
    columns    name, unit, kind and source of each column
    totals     each counter's sum, each gauge's peak and when it was; None if it is not known
    processes  a dict for each span of a process; None if they are not known, as after a recorder's crash
    commands   the same sums by command, the one that used most CPU first; None if they are not known
    audit      what was lost, what the recorder itself used; None if it is not known
    ring       the path of its recovery ring, for recover_samples_list, while it is made
    marks      `timestamp`, `elapsed` and `label` of each mark, in their order
    """

    samples: Optional["pandas.DataFrame"] = None
    meta: Dict[str, Any] = field(default_factory=dict)
    columns: List[Dict[str, str]] = field(default_factory=list)
    totals: Optional[Dict[str, Any]] = None
    processes: Optional[List[Dict[str, Any]]] = None
    commands: Optional[List[Dict[str, Any]]] = None
    audit: Optional[Dict[str, Any]] = None
    ring: Optional[str] = None
    marks: List[Dict[str, Any]] = field(default_factory=list)
    # Where `elapsed` is 0 on time.monotonic_ns(), while it is made.
    zero_ns: Optional[int] = field(default=None, repr=False)

    def mark(self, label: str) -> None:
        """Names this instant: a line in the charts, an entry in `marks`. RecorderError if it is not made here."""
        if self.zero_ns is None:
            raise RecorderError("mark: this recording is not made here")
        now_ns, elapsed_ns = time.time_ns(), time.monotonic_ns() - self.zero_ns
        self.marks.append({"timestamp": _timestamp(now_ns), "elapsed": elapsed_ns / _NS_PER_S, "label": str(label)})

    def take(self, done: "Recording") -> None:
        """Fills it in with what is known now that it is over; the marks are its own."""
        vars(self).update(vars(done), marks=self.marks, zero_ns=self.zero_ns)

    def known_samples(self) -> "pandas.DataFrame":
        """`samples`; RecorderError where nothing was recorded."""
        if self.samples is None:
            raise RecorderError("nothing was recorded, or not yet")
        return self.samples

    def frame(self, every_column: bool = True, processes: bool = True) -> "pandas.DataFrame":
        """`samples`, or its columns up to `num_fds`, with all else in `attrs`.

        Each mark also tells the `row` it lands in: the number of the first row that ends after it.
        """
        samples = self.known_samples()
        frame = (samples if every_column else basic(samples)).copy()
        rows = samples["elapsed"].searchsorted([mark["elapsed"] for mark in self.marks])
        marks = [dict(mark, row=min(int(row), len(frame) - 1)) for mark, row in zip(self.marks, rows)]
        frame.attrs = {"meta": self.meta, "totals": self.totals, "commands": self.commands, "audit": self.audit,
                       "marks": marks}
        if processes:
            frame.attrs["processes"] = self.processes
        return frame

    def figures(self) -> List[Any]:
        """The three charts, as plotly figures."""
        from .charts import draw

        return draw(self.known_samples(), self.meta["interval"], self.commands, self.marks)

    def plot(self, path: Optional[str] = None) -> None:
        """Shows the charts, in a notebook below its cell; or writes them to a page that opens offline."""
        from .page import show, write_page

        if path is None:
            show(self.figures())
        else:
            write_page(self.figures(), path)


def _timestamp(realtime_ns: int) -> Any:
    """As in `samples`; where pandas is missing, which is no reason for recorded code to fail, a datetime."""
    try:
        import pandas

        return pandas.Timestamp(realtime_ns)
    except Exception:
        return datetime.fromtimestamp(realtime_ns / _NS_PER_S, timezone.utc).replace(tzinfo=None)
