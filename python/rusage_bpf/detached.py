"""A process that is started from here and is nobody's child here.

Recorded code may wait for all its children, or kill them: the recorder must not be one. A shell forks it and exits, so
that it is adopted by init, or by what else adopts orphans above this process. When that has happened, it gets a word to
begin.
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

# Descriptor 1 is a socket to the process that starts it: there goes the number, and there comes the word to begin.
_LAUNCH = 'exec 3<&0; { read -r begin <&1 && exec "$@" <&3 3<&-; } & echo $!'
_POLL_S = 0.001
_PR_SET_CHILD_SUBREAPER, _PR_GET_CHILD_SUBREAPER = 36, 37


class Detached:
    """A command that will run in a session of its own, in /, with the descriptors given.

    `pid` is its number. RecorderError if it cannot be started.
    """

    def __init__(self, command: List[str], stdin: int, stderr: int):
        # Kept open until let_go(): the other end closes when the process ends.
        self._socket, other = socket.socketpair()
        try:
            with other, _orphans_go_higher():
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
        """Whether it ends in that time; only before let_go()."""
        ended = select.poll()
        ended.register(self._socket, select.POLLIN)
        return bool(ended.poll(seconds * 1000))

    def let_go(self) -> None:
        """From here on no descriptor of this process has to do with it."""
        self._socket.close()

    def wait(self, seconds: float) -> None:
        """Returns when it has ended, as far as its number tells, or after that time. Takes no descriptor."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            try:
                os.readlink(f"/proc/{self.pid}/exe")
            except FileNotFoundError:  # also of one that nobody has waited for
                return
            except OSError:
                pass  # it is another user's, and runs
            time.sleep(_POLL_S)

    def terminate(self) -> bool:
        """Sends SIGTERM, never to another process that has its number now. Returns whether it could."""
        try:
            process = os.pidfd_open(self.pid)
        except OSError:
            return False
        try:
            if _stat(self.pid) != ("alive", self._start_time):
                return False
            signal.pidfd_send_signal(process, signal.SIGTERM)
            return True
        except OSError:
            return False
        finally:
            os.close(process)

    def reap(self) -> None:
        """Where this process is init itself, it has adopted it: waits for it. Call it where it is ending."""
        if os.getpid() == 1 and _stat(self.pid)[1] == self._start_time:
            try:
                os.waitpid(self.pid, 0)
            except ChildProcessError:
                pass


@contextmanager
def _orphans_go_higher() -> Iterator[None]:
    """Where this process has asked to adopt the orphans among its descendants, it does not for a moment."""
    adopts = ctypes.c_int(0)
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_PR_GET_CHILD_SUBREAPER, ctypes.byref(adopts), 0, 0, 0)
    if adopts.value:
        libc.prctl(_PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0)
    try:
        yield
    finally:
        if adopts.value:
            libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _stat(pid: int) -> Tuple[str, int]:
    """`alive`, or `ended` where only its exit status is left, and when it started, in clock ticks since boot."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            fields = file.read().rsplit(b")", 1)[1].split()
    except OSError:
        return "ended", -1
    return "ended" if fields[0] in b"ZX" else "alive", int(fields[19])
