"""Recording a part of a program: the recorder runs while a `with` block does."""

import os
import sys
import threading
import time
from contextlib import ContextDecorator, suppress
from typing import Any, List, Optional

from .descriptors import spare_descriptors
from .documents import has_end, read
from .errors import RecorderError
from .oom import killed_by_oom
from .owner import Owner
from .recorder import Recorder
from .recording import Recording
from .ring import recover_ring
from .say import attempt, one_line, say, warn
from .surroundings import noted_surroundings

# Imported now, because an import during a recording would be recorded.
with suppress(Exception):
    import pandas  # pylint: disable=unused-import

# The values of `ended_by` for a complete recording.
_ENDS = ("eof", "stop-with", "tree")


class Unrecorded:
    """Takes the place of a recording that could not begin: it accepts marks, so that they do not fail."""

    def __init__(self) -> None:
        self.recording = Recording(zero_ns=time.monotonic_ns())
        self._thread = threading.get_ident()
        _current.append(self)

    def request_stop(self) -> None:
        pass

    def end(self) -> None:
        _remove(self)

    def is_mine(self) -> bool:
        """Whether this thread began it."""
        return self._thread == threading.get_ident()


class Session(Unrecorded):
    """A recording that has begun. `recording` is filled in by end()."""

    def __init__(self, recorder: Recorder):
        super().__init__()
        self.recording = Recording(ring=recorder.files.ring, zero_ns=recorder.zero_ns)
        self._recorder = recorder
        self._owner = Owner()
        self._ending = threading.Lock()

    def request_stop(self) -> None:
        """The recorder takes its final sample now; end() waits for the rest. Never raises."""
        if self._owner.is_this_process() and not self._ending.locked():
            with attempt("the recorder cannot be stopped; it ends with this process"), spare_descriptors():
                self._recorder.request_stop()

    def end(self) -> None:
        """Fills in the recording, as far as the recorder could write it; errors are warnings.

        Only the first call in the process that began the recording has an effect: a child that was forked in the block
        leaves the block too.
        """
        if not self._owner.is_this_process() or not self._ending.acquire(blocking=False):
            return
        _remove(self)
        stem = self._recorder.files.stem
        with attempt(f"the recording is not complete; its files are {stem}.*"), spare_descriptors():
            _fill(self.recording, self._recorder)


_current: List[Unrecorded] = []


class _Block(ContextDecorator):
    """What record() returns."""

    def __init__(self, interval: float, pid: Optional[int], backend: Optional[str]):
        self._interval = interval
        self._pid = pid
        self._backend = backend
        self._sessions: List[Session] = []

    def _recreate_cm(self) -> "_Block":
        return _Block(self._interval, self._pid, self._backend)

    def __enter__(self) -> Recording:
        recorder = Recorder(self._interval, self._pid, self._backend)
        recorder.start()
        self._sessions.append(Session(recorder))
        if recorder.meta["backend"] != "bpf":
            say(recorder.description, sys.stderr)
        return self._sessions[-1].recording

    def __exit__(self, *exception: Any) -> None:
        session = self._sessions.pop()
        session.request_stop()
        session.end()


def record(interval: float = .1, pid: Optional[int] = None, backend: Optional[str] = None) -> _Block:
    """Records this process and its descendants, or those of `pid`, while a `with` block, or a decorated function, runs.

    `interval` is the time between rows in seconds, .0001 to 3600. The Recording that the block gets is filled in when
    it has ended, also by an exception. Raises RecorderError before the block if nothing can be
    recorded. A later error is a line on standard error, and `samples` is None if there are no rows.
    """
    return _Block(interval, pid, backend)


def mark(label: str) -> None:
    """Names this instant in the current recording: see Recording.mark. RecorderError if there is none.

    Of several recordings it is the newest one of this thread, or else the newest of all.
    """
    running = list(_current)
    if not running:
        raise RecorderError("mark: nothing is being recorded")
    ([session for session in running if session.is_mine()] or running)[-1].recording.mark(label)


def _remove(session: Unrecorded) -> None:
    try:
        _current.remove(session)
    except ValueError:
        pass


def _fill(recording: Recording, recorder: Recorder) -> None:
    """Stops the recorder, and reads the document or, after a failure, the ring."""
    recorder.stop()
    try:
        done = _whole(recorder)
    except ImportError:
        raise
    except Exception as failure:
        done = _rest(recorder, one_line(failure))
    recording.fill(done)
    for line in killed_by_oom(recording, noted_surroundings(recorder.files.surroundings)):
        warn(line)
    recorder.files.remove()


def _whole(recorder: Recorder) -> Recording:
    """The document; RecorderError if it is missing or incomplete, ValueError if it cannot be read."""
    if not os.path.exists(recorder.files.rows) or not has_end(recorder.files.rows):
        raise RecorderError(f"the recorder failed: {recorder.messages() or 'it was killed'}")
    recording = read(recorder.files.rows)
    if recording.meta["ended_by"] not in _ENDS:
        warn(f"the recording ended by {recording.meta['ended_by']}, before the target did")
    return recording


def _rest(recorder: Recorder, why: str) -> Recording:
    """The rows of the ring; RecorderError if it has none."""
    try:
        recording = recover_ring(recorder.program.path, recorder.files.ring)
    except Exception as failure:
        raise RecorderError(f"{why}; {one_line(failure)}") from failure
    warn(f"{why}; the rows until then are recovered")
    return recording
