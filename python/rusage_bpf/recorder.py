"""The recorder as a separate process: starts it, waits for it, stops it."""

import errno
import os
import time
from typing import Callable, List, Optional

from .clock import zero_on_monotonic_clock
from .control import Control
from .detached import Detached
from .errors import RecorderError
from .follow import Follower
from .places import Files, new_files
from .program import find_program
from .say import warn
from .surroundings import note_surroundings

_NAME = "rusage-bpf: "
_NO_FAULT_OF_A_PLACE = (errno.EMFILE, errno.ENFILE, errno.ENOMEM)
_MESSAGES_BYTES = 4096
# If no place has space for the default.
_FEW_RING_ROWS = 1000
_POLL_S = 0.001
_PATIENCE_TO_BEGIN_S = 30
# The time that a stopped recorder has to write the rest.
_PATIENCE_TO_END_S = 60
_PATIENCE_WITHOUT_DESCRIPTORS_S = 1


class Recorder:
    """One rusage-bpf that records the tree of a process, this one if `pid` is None, until stop().

    `interval` is in seconds, .0001 to 3600. `backend` is the recorder's --backend; None takes what the privileges
    allow. It is not a child of this process, ends when this process does, and needs no descriptor of it: the recorded
    code cannot wait for it, kill it or close its files. While it records, nothing here reads, writes or opens a
    descriptor; stopping it opens one for a short time.

    start() sets `files`, the files of the recording; `rows`, which reads new rows; `meta`, the metadata known at the
    beginning; `zero_ns`, the beginning on time.monotonic_ns(); and `description`, a line of text.
    """

    def __init__(self, interval: float, pid: Optional[int] = None, backend: Optional[str] = None):
        self.pid = os.getpid() if pid is None else pid
        self.interval = interval
        self.program = find_program(backend)
        self.files: Files  # from start() on
        self.rows: Optional[Follower] = None
        self.meta: dict = {}
        self.zero_ns = 0
        self.description = ""
        self._process: Detached  # from start() on
        self._launched = False
        self._stopped = False
        self._ring_rows: Optional[int] = None  # None: the recorder's own default

    def start(self, announce: Callable[[Files], None] = lambda files: None) -> None:
        """Returns when the recording has begun, in the first place that works; RecorderError if it cannot.

        `announce` is called just before it begins, and again if that place has no space.
        """
        if os.getpid() == 1:
            warn("this process is init, number 1, and so the recorder's parent, which os.wait() waits for; an init "
                 "above it, as of docker run --init, takes that over")
        failure: Optional[Exception] = None
        for self._ring_rows in (None, _FEW_RING_ROWS):
            for files in new_files():
                try:
                    self._start_in(files, announce)
                    return
                except _PlaceFailed as refused:
                    failure = failure or refused
        raise RecorderError(f"{failure}; set XDG_STATE_HOME to a directory that you may write to, with free space")

    def messages(self) -> str:
        """The messages of the recorder so far, in one line and without its name."""
        try:
            with open(self.files.messages, encoding="utf-8", errors="replace") as file:
                lines = [line.strip() for line in file if line.strip()]
        except OSError as failure:
            return str(failure)
        return "; ".join(line[len(_NAME):] if line.startswith(_NAME) else line for line in lines)

    def request_stop(self) -> None:
        """The recorder takes its final sample now; stop() waits for the rest. OSError if it cannot be reached."""
        if not self._stopped:
            self._send_stop()
            self._stopped = True

    def stop(self) -> None:
        """Returns when the recorder has ended; RecorderError if it does not."""
        self.request_stop()
        until = time.monotonic() + _PATIENCE_TO_END_S
        # The rest opens and closes descriptors, which should not be in the final sample.
        self._process.wait(_PATIENCE_WITHOUT_DESCRIPTORS_S)
        if self.rows:
            self.rows.close()
        while self._send_stop():
            if time.monotonic() > until:
                raise RecorderError(f"the recorder, process {self._process.pid}, does not end")
            time.sleep(_POLL_S)
        self._process.reap()

    def _send_stop(self) -> bool:
        """Stops it, again if it was before; returns whether there is still a recorder."""
        try:
            return Control(self.files.control).stop()
        except OSError:
            # The FIFO was removed, or there is no descriptor left.
            return self._process.terminate()

    def _start_in(self, files: Files, announce: Callable[[Files], None]) -> None:
        self.files = files
        launched_ns = time.monotonic_ns()
        try:
            note_surroundings(files.surroundings, self.pid)
            self._launch()
            announce(files)
            # From here on this process holds one descriptor: first that of the start, then that of the rows.
            self._process.begin()
            self._wait_until_begun()
            self._process.release()
            self.rows = Follower(files.rows)
            self._read_beginning(self.rows, launched_ns)
        except BaseException as failure:
            self._discard()
            if _is_fault_of_place(failure, files):
                raise _PlaceFailed(str(failure)) from failure
            raise

    def _read_beginning(self, rows: Follower, launched_ns: int) -> None:
        try:
            self.meta = rows.begin()["meta"]
            self.zero_ns = zero_on_monotonic_clock(self.meta["start"], launched_ns)
            self.description = (f"Recorder: {os.path.basename(self.program.path)} {self.program.how}; "
                                f"source: {self.meta['backend']}")
        except (ValueError, LookupError, TypeError) as failure:
            raise RecorderError(f"{self.program.path} writes no recording: {failure}") from failure
        if self.meta.get("backend_reason"):
            self.description += f" ({self.meta['backend_reason']})"

    def _launch(self) -> None:
        control = Control(self.files.control).create()
        try:
            messages = os.open(self.files.messages, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            try:
                # Empty lines, which it overwrites: so a message that the disk is full still has space.
                os.write(messages, b"\n" * _MESSAGES_BYTES)
                os.lseek(messages, 0, os.SEEK_SET)
                self._process = Detached(self._command(), stdin=control, stderr=messages)
                self._launched = True
            finally:
                os.close(messages)
        finally:
            os.close(control)

    def _command(self) -> List[str]:
        ring_rows = ["--ring-rows", str(self._ring_rows)] if self._ring_rows else []
        return [*self.program.command, *ring_rows, "--quiet", "--interval", str(float(self.interval)),
                "--pid", str(self.pid), "--stop-on-eof", "--stop-with", str(os.getpid()),
                "--ring", _literal(self.files.ring), "--output", _literal(self.files.rows)]

    def _wait_until_begun(self) -> None:
        """The file of the rows gets its name at the first sample."""
        until = time.monotonic() + _PATIENCE_TO_BEGIN_S
        while not os.path.exists(self.files.rows):
            if self._process.ends_within(_POLL_S):
                raise RecorderError(self.messages() or "the recorder ended without a message")
            if time.monotonic() > until:
                raise RecorderError(f"the recorder has not begun within {_PATIENCE_TO_BEGIN_S} s")

    def _discard(self) -> None:
        """Ends the recorder if it was started, and removes its files."""
        try:
            if self._launched:
                self._process.release()
                self.stop()
        except RecorderError:
            return  # it still uses its files
        finally:
            self._launched, self._stopped = False, False
            if self.rows:
                self.rows.close()
        self.files.remove()


def _literal(path: str) -> str:
    """The recorder replaces %p and the like in names of files."""
    return path.replace("%", "%%")


def _is_fault_of_place(failure: BaseException, files: Files) -> bool:
    if isinstance(failure, OSError):
        return failure.errno not in _NO_FAULT_OF_A_PLACE
    return isinstance(failure, RecorderError) and files.stem in str(failure)


class _PlaceFailed(Exception):
    """There can be no recording in one place; there may be in another."""
