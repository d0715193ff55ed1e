"""The recorder as a process beside the notebook: started, waited for, stopped."""

import os
import subprocess
import time
import weakref
from typing import Optional

from .errors import RecorderError
from .follow import Follower
from .page_cache import look
from .places import Files, new_files
from .program import find_program
from .surroundings import note_surroundings

_NAME = "rusage-bpf: "
_POLL_S = 0.001
# How long a recorder that was told to end may take to write the rest.
_PATIENCE_S = 60

_running: "weakref.WeakSet[Recorder]" = weakref.WeakSet()


class Recorder:
    """One rusage-bpf that records the tree of a process, this one if `pid` is None, until stop().

    `interval` is in seconds, .001 to 3600. `backend` is the recorder's --backend; None takes what the
    privileges allow. Once the recording has begun, nothing here reads, writes, or takes a descriptor
    more. What start() has found out: `backend`, which records; `description`, a line for people; and
    `rows`, as they come.
    """

    def __init__(self, interval: float, pid: Optional[int] = None, backend: Optional[str] = None):
        self.pid = os.getpid() if pid is None else pid
        self.interval = interval
        self.program = find_program(backend)
        self.files: Files = new_files()
        self.rows_fd: Optional[int] = None
        self._process: Optional[subprocess.Popen] = None

    def start(self) -> None:
        """Returns when the recording has begun; RecorderError if it cannot."""
        # Held for the rows, so that their descriptor is no new one once the recording has begun.
        reserved = os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)
        try:
            note_surroundings(self.files.surroundings, self.pid)
            self._launch()
            self._wait_until_begun()
        except OSError as failure:
            self.discard()
            raise RecorderError(str(failure)) from failure
        except BaseException:
            self.discard()
            raise
        finally:
            os.close(reserved)
        self.rows_fd = os.open(self.files.rows, os.O_RDONLY | os.O_CLOEXEC)
        self.rows = Follower(self.rows_fd)
        meta = self.rows.begin()["meta"]
        self.backend = meta["backend"]
        self.description = f"Recorder: {os.path.basename(self.program.path)} {self.program.how}; source: {self.backend}"
        if meta.get("backend_reason"):
            self.description += f" ({meta['backend_reason']})"

    def messages(self) -> str:
        """What the recorder has said so far, in one line and without its own name."""
        fd = os.open(self.files.messages, os.O_RDONLY | os.O_CLOEXEC)
        try:
            text = look(fd, 0, os.fstat(fd).st_size).decode(errors="replace")
        finally:
            os.close(fd)
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        return "; ".join(line[len(_NAME):] if line.startswith(_NAME) else line for line in lines)

    def tell_to_stop(self) -> None:
        """The recorder takes its last look now; stop() waits for the rest.

        Its standard input ends without a descriptor less, which that look would see.
        """
        if self.rows_fd is None:
            self._process.stdin.close()
        elif not self._process.stdin.closed:
            os.dup2(self.rows_fd, self._process.stdin.fileno(), inheritable=False)

    def stop(self) -> bool:
        """Returns when the recording is complete, and whether it is."""
        if self._process is None:
            return False
        self.tell_to_stop()
        _running.discard(self)
        try:
            return self._process.wait(_PATIENCE_S) == 0
        except subprocess.TimeoutExpired:
            return False
        finally:
            self.close()

    def discard(self) -> None:
        """Ends a recording that nobody wants."""
        self.stop()
        self.files.remove()

    def close(self) -> None:
        """Lets go of its descriptors, which a child that was forked from here must not hold either."""
        self._process.stdin.close()
        if self.rows_fd is not None:
            os.close(self.rows_fd)
            self.rows_fd = None

    def _launch(self) -> None:
        files = self.files
        with open(os.open(files.messages, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as messages:
            # In a session of its own, where the notebook's interrupts do not reach it.
            self._process = subprocess.Popen(
                [*self.program.command, "--quiet", "--interval", str(float(self.interval)), "--pid", str(self.pid),
                 "--stop-on-eof", "--ring", files.ring, "--output", files.rows],
                stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=messages, start_new_session=True)
        _running.add(self)

    def _wait_until_begun(self) -> None:
        """The rows' file has its name once the first look was taken."""
        while not os.path.exists(self.files.rows):
            if self._process.poll() is not None:
                raise RecorderError(self.messages() or f"the recorder ended with {self._process.returncode}")
            time.sleep(_POLL_S)


def _close_all() -> None:
    for recorder in list(_running):
        recorder.close()
    _running.clear()


# The recorder's standard input is to end with us, not with the last of our children.
os.register_at_fork(after_in_child=_close_all)
