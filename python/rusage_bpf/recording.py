"""A recording in Python: a data frame of its rows, and all else that is known."""

import time
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, Dict, List, Optional

from .columns import basic
from .errors import RecorderError

if TYPE_CHECKING:
    import pandas

LACKS_PANDAS = "a DataFrame needs pandas, and charts plotly: pip install 'rusage-bpf[notebook]'"
_NS_PER_S = 1_000_000_000


@dataclass(eq=False)
class Recording:
    """A recording; empty until it has ended.

    samples    DataFrame, a row for each interval, a column for each of `columns`: `timestamp` (datetime64[ns],
               UTC, the row's end by the machine's clock, which may be set meanwhile), `elapsed` (seconds from the
               start to the row's end, which only grow), counters over the interval (float64, NaN in the first row),
               gauges at the row's end (int64). CPU and waiting times are in seconds, sizes in bytes.
               None if nothing was recorded. Without pandas, a list with a dict for each row: `timestamp` is text,
               and an unknown value None.
    meta       the target, the time, the machine, the end
    columns    name, unit, kind and source of each column
    totals     the sum of each counter, the peak of each gauge and its time; None if unknown
    processes  a dict for each process record; None if unknown, as after a crash of the recorder
    commands   the same sums by command, the one with the most CPU time first; None if unknown
    audit      what was lost, what the recorder itself used; None if unknown
    ring       the path of the recovery ring, for recover_samples_list, while it is made
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
    # The time.monotonic_ns() at which `elapsed` is 0, while it is made.
    zero_ns: Optional[int] = field(default=None, repr=False)

    def mark(self, label: str) -> None:
        """Names this instant: a line in the charts, an entry in `marks`. RecorderError if it is not made here."""
        if self.zero_ns is None:
            raise RecorderError("mark: this recording is not being made here")
        now_ns, elapsed_ns = time.time_ns(), time.monotonic_ns() - self.zero_ns
        self.marks.append({"timestamp": _timestamp(now_ns), "elapsed": elapsed_ns / _NS_PER_S, "label": str(label)})

    def fill(self, done: "Recording") -> None:
        """Copies all but the marks from the complete recording."""
        vars(self).update(vars(done), marks=self.marks, zero_ns=self.zero_ns)

    def known_samples(self) -> "pandas.DataFrame":
        """`samples` as a DataFrame; RecorderError if nothing was recorded, or without pandas."""
        if self.samples is None:
            raise RecorderError("nothing was recorded, or not yet")
        if isinstance(self.samples, list):
            raise RecorderError(LACKS_PANDAS)
        return self.samples

    def frame(self, every_column: bool = True, processes: bool = True) -> "pandas.DataFrame":
        """`samples`, or its columns up to `num_fds`, with all else in `attrs`.

        Each mark also has its `row`: the number of the first row that ends after it.
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
        samples = self.known_samples()
        from .charts import draw

        return draw(samples, self.meta["interval"], self.commands, self.marks)

    def plot(self, path: Optional[str] = None) -> None:
        """Shows the charts, in a notebook below its cell; or writes them to a page that opens offline."""
        figures = self.figures()
        from .page import show, write_page

        if path is None:
            show(figures)
        else:
            write_page(figures, path)


def _timestamp(realtime_ns: int) -> Any:
    """As in `samples`, or a datetime without pandas, so that recorded code does not fail."""
    try:
        import pandas

        return pandas.Timestamp(realtime_ns)
    except Exception:
        return datetime.fromtimestamp(realtime_ns / _NS_PER_S, timezone.utc).replace(tzinfo=None)
