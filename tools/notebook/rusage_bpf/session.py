"""Recording a part of a program: the recorder runs while a `with` block does."""

import sys
from contextlib import contextmanager
from typing import Iterator, List, Optional

from .documents import read
from .errors import RecorderError
from .recorder import Recorder
from .recording import Recording
from .ring import recover_ring

_current: List[Recording] = []


@contextmanager
def record(interval: float = .1, pid: Optional[int] = None, backend: Optional[str] = None) -> Iterator[Recording]:
    """Records this process and its descendants, or those of `pid`, while the block runs.

    `interval` is the time between rows in seconds, .001 to 3600. What it yields is filled in when the
    block has ended, also by an exception. Raises RecorderError, before the block, if there is nothing
    that records.
    """
    recorder = Recorder(interval, pid, backend)
    recorder.start()
    if recorder.backend != "bpf":
        print(recorder.description, file=sys.stderr)
    with recorded_by(recorder) as recording:
        yield recording


@contextmanager
def recorded_by(recorder: Recorder) -> Iterator[Recording]:
    """The same by a recorder that has begun."""
    recording = Recording(ring=recorder.files.ring)
    _current.append(recording)
    try:
        yield recording
    finally:
        recorder.tell_to_stop()
        _current.remove(recording)
        _fill(recording, recorder)


def mark(label: str) -> None:
    """Names this instant in the recording that runs: see Recording.mark. RecorderError if none does."""
    if not _current:
        raise RecorderError("mark: nothing is being recorded")
    _current[-1].mark(label)


def _fill(recording: Recording, recorder: Recorder) -> None:
    """What was recorded until now belongs in place, also where the recorder came to harm meanwhile."""
    whole = recorder.stop()
    files = recorder.files
    done = read(files.rows) if whole else recover_ring(recorder.program.path, files.ring)
    if not whole:
        print(f"rusage-bpf: the recorder failed: {recorder.messages() or 'it was killed'}; "
              "the rows until then are recovered", file=sys.stderr)
    done.marks = recording.marks
    vars(recording).update(vars(done))
    files.remove()
