"""A process that is started here but is not a child of this process.

Recorded code may wait for all its children, or kill them: the recorder must not be one. A shell forks it and exits, so
that it is reparented to init, or to a child subreaper above this process. After that it is sent a line to begin.
"""

import ctypes
import os
import select
import signal
import socket
import subprocess
import time
from contextlib import contextmanager
from typing import Iterator, List, Tuple

from .errors import RecorderError

# Descriptor 1 is a socket to the process that starts it: it sends the process number and receives the line to begin.
_LAUNCH = 'exec 3<&0; { read -r begin <&1 && exec "$@" <&3 3<&-; } & echo $!'
_POLL_S = 0.001
_PR_SET_CHILD_SUBREAPER, _PR_GET_CHILD_SUBREAPER = 36, 37


class Detached:
    """A command that will run in a session of its own, in /, with these descriptors.

    `pid` is its number. RecorderError if it cannot be started.
    """

    def __init__(self, command: List[str], stdin: int, stderr: int):
        # Kept open until release(): the other end closes when the process ends.
        self._socket, other = socket.socketpair()
        try:
            with other, _no_child_subreaper():
                launcher = subprocess.Popen(["/bin/sh", "-c", _LAUNCH, "sh", *command], stdin=stdin,
                                            stdout=other.fileno(), stderr=stderr, start_new_session=True, cwd="/")
                launcher.wait()
            self.pid = int(self._socket.recv(32) or b"0")
            if self.pid == 0:
                raise RecorderError("/bin/sh could not start the recorder")
            self._start_time = _stat(self.pid)[1]
        except BaseException as failure:
            self._socket.close()
            if isinstance(failure, OSError):
                raise RecorderError(f"cannot start the recorder: {failure}") from failure
            raise

    def begin(self) -> None:
        """Lets it run."""
        try:
            self._socket.sendall(b"\n")
        except OSError as failure:
            raise RecorderError(f"cannot start the recorder: {failure}") from failure

    def ends_within(self, seconds: float) -> bool:
        """Whether it ends in that time; only before release()."""
        ended = select.poll()
        ended.register(self._socket, select.POLLIN)
        return bool(ended.poll(seconds * 1000))

    def release(self) -> None:
        """From here on no descriptor of this process belongs to it."""
        self._socket.close()

    def wait(self, seconds: float) -> None:
        """Returns when no process has its number any more, or after that time. Opens no descriptor."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            try:
                os.readlink(f"/proc/{self.pid}/exe")
            except FileNotFoundError:  # also if it was not reaped
                return
            except OSError:
                pass  # it belongs to another user, and runs
            time.sleep(_POLL_S)

    def terminate(self) -> bool:
        """Sends SIGTERM, never to another process that has its number now. Returns whether it could."""
        try:
            process = os.pidfd_open(self.pid)
        except OSError:
            return False
        try:
            if _stat(self.pid) != ("live", self._start_time):
                return False
            signal.pidfd_send_signal(process, signal.SIGTERM)
            return True
        except OSError:
            return False
        finally:
            os.close(process)

    def reap(self) -> None:
        """If this process is init, the other one was reparented to it: reaps it. Call it when that is ending."""
        if os.getpid() == 1 and _stat(self.pid)[1] == self._start_time:
            try:
                os.waitpid(self.pid, 0)
            except ChildProcessError:
                pass


@contextmanager
def _no_child_subreaper() -> Iterator[None]:
    """If this process is a child subreaper, it is none meanwhile."""
    subreaper = ctypes.c_int(0)
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_PR_GET_CHILD_SUBREAPER, ctypes.byref(subreaper), 0, 0, 0)
    if subreaper.value:
        libc.prctl(_PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0)
    try:
        yield
    finally:
        if subreaper.value:
            libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _stat(pid: int) -> Tuple[str, int]:
    """`live`, or `ended` if it is a zombie or gone, and its start in clock ticks since boot."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            fields = file.read().rsplit(b")", 1)[1].split()
    except OSError:
        return "ended", -1
    return "ended" if fields[0] in b"ZX" else "live", int(fields[19])
