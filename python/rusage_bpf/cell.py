"""A recorded cell: its recorder and its live line. No error here makes the cell fail."""

from typing import Any, Optional

from .live import Live
from .owner import Owner
from .page import show
from .recorder import Recorder
from .recording import LACKS_PANDAS
from .say import attempt, one_line, say, warn
from .session import Session, Unrecorded


class RecordedCell:
    """Begins a recording if possible, with a live line if `live`. An interrupt meanwhile is raised."""

    def __init__(self, interval: float, backend: Optional[str], live: bool):
        self._session: Unrecorded
        self._view: Optional[Live] = None
        self._owner = Owner()
        try:
            self._begin(Recorder(interval, backend=backend), live)
        except Exception as failure:
            warn(f"{one_line(failure)}; the cell runs and is not recorded")
            self._end_view()
            self._session = Unrecorded()
        except BaseException:
            self._end_view()
            raise

    def end(self) -> None:
        """To call after the cell, also after an exception; never raises. Does nothing in a forked child."""
        if not self._owner.is_this_process():
            return
        self._session.request_stop()
        if self._view:
            with attempt("the live line"):
                self._view.stop()
        self._session.end()
        self._end_view()

    def frame(self, every_column: bool, processes: bool) -> Optional[Any]:
        """The data frame, or None if nothing was recorded. Without pandas, a list with a dict for each row."""
        recording = self._session.recording
        if isinstance(recording.samples, list):
            warn(f"the rows are a list of dicts, and there are no charts: {LACKS_PANDAS}")
            return recording.samples
        return None if recording.samples is None else recording.frame(every_column, processes)

    def draw(self) -> None:
        samples = self._session.recording.samples
        if samples is not None and not isinstance(samples, list):
            with attempt("no charts"):
                show(self._session.recording.figures())

    def _begin(self, recorder: Recorder, live: bool) -> None:
        if live:
            self._view = _new_view()
        # Jupyter opens a descriptor for its first output: print something before the recording begins.
        recorder.start(lambda files: say(f"Recovery file path: {files.ring}\n"
                                         f"After a crash, run recover_samples_list('{files.ring}')"))
        self._session = Session(recorder)
        say(recorder.description)
        if self._view and recorder.rows:
            with attempt("no live line"):
                self._view.begin(recorder.rows)

    def _end_view(self) -> None:
        if self._view:
            with attempt("the live line"):
                self._view.end()


def _new_view() -> Optional[Live]:
    with attempt("no live line"):
        from IPython.display import display

        return Live(display)
    return None
