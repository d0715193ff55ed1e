"""The recorder as a process beside the notebook: started, waited for, stopped."""

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
# Where no place has room for more.
_FEW_RING_ROWS = 1000
_POLL_S = 0.001
_PATIENCE_TO_BEGIN_S = 30
# How long a recorder that was stopped may take to write the rest.
_PATIENCE_TO_END_S = 60
_PATIENCE_WITHOUT_DESCRIPTORS_S = 1


class Recorder:
    """One rusage-bpf that records the tree of a process, this one if `pid` is None, until stop().

    `interval` is in seconds, .001 to 3600. `backend` is the recorder's --backend; None takes what the privileges allow.
    It is not a child of this process, ends when this process does, and needs no descriptor of it: what the recorded
    code waits for, kills or closes has nothing to do with it. Once the recording has begun, nothing here reads, writes,
    or takes a descriptor more, until it is stopped: that takes one for a moment.

    What start() finds out: `files`, where it is kept; `rows`, as they come; `meta`, what the recording says of itself
    at its beginning; `zero_ns`, when that was on time.monotonic_ns(); `description`, a line for people.
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

        `announce` is called just before it begins; again, where that place turns out not to have room for it.
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
        raise RecorderError(f"{failure}; let XDG_STATE_HOME name a directory that you may write to, with room in it")

    def messages(self) -> str:
        """What the recorder has said so far, in one line and without its own name."""
        try:
            with open(self.files.messages, encoding="utf-8", errors="replace") as file:
                lines = [line.strip() for line in file if line.strip()]
        except OSError as failure:
            return str(failure)
        return "; ".join(line[len(_NAME):] if line.startswith(_NAME) else line for line in lines)

    def tell_to_stop(self) -> None:
        """The recorder takes its last look now; stop() waits for the rest. OSError if it cannot be reached."""
        if not self._stopped:
            self._send_stop()
            self._stopped = True

    def stop(self) -> None:
        """Returns when the recorder has ended; RecorderError if it does not."""
        self.tell_to_stop()
        until = time.monotonic() + _PATIENCE_TO_END_S
        # What follows opens and closes descriptors, which its last look should not see.
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
            # The name is gone, or there is no descriptor left.
            return self._process.terminate()

    def _start_in(self, files: Files, announce: Callable[[Files], None]) -> None:
        self.files = files
        launched_ns = time.monotonic_ns()
        try:
            note_surroundings(files.surroundings, self.pid)
            self._launch()
            announce(files)
            # From here on this process holds one descriptor: that of the start, and then that of the rows.
            self._process.begin()
            self._wait_until_begun()
            self._process.let_go()
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
                # Empty lines, over which it writes: so there is room for what it says of a disk that is full by then.
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
        """The rows' file has its name once the first look was taken."""
        until = time.monotonic() + _PATIENCE_TO_BEGIN_S
        while not os.path.exists(self.files.rows):
            if self._process.ends_within(_POLL_S):
                raise RecorderError(self.messages() or "the recorder ended without a word")
            if time.monotonic() > until:
                raise RecorderError(f"the recorder has not begun within {_PATIENCE_TO_BEGIN_S} s")

    def _discard(self) -> None:
        """Ends what may have started, and leaves nothing."""
        try:
            if self._launched:
                self._process.let_go()
                self.stop()
        except RecorderError:
            return  # it has its files still
        finally:
            self._launched, self._stopped = False, False
            if self.rows:
                self.rows.close()
        self.files.remove()


def _literal(path: str) -> str:
    """In names of files, the recorder takes %p and the like for what they stand for."""
    return path.replace("%", "%%")


def _is_fault_of_place(failure: BaseException, files: Files) -> bool:
    if isinstance(failure, OSError):
        return failure.errno not in _NO_FAULT_OF_A_PLACE
    return isinstance(failure, RecorderError) and files.stem in str(failure)


class _PlaceFailed(Exception):
    """There can be no recording in one place; there may be in another."""
