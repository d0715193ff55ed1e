"""How the recorder is stopped: its standard input is a FIFO, which ends when somebody opens and closes it.

The FIFO has a name, so that nothing need be held for it while code runs that may close or use up descriptors. The last
rows of a recording may count the descriptor that stops it.
"""

import errno
import os


class Control:
    def __init__(self, path: str):
        self._path = path

    def create(self) -> int:
        """Makes the FIFO, for the user alone, and opens what is to be the recorder's standard input."""
        os.mkfifo(self._path, 0o600)
        return os.open(self._path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)

    def stop(self) -> bool:
        """Ends the recorder's input. Returns whether there is a recorder; OSError where that cannot be known."""
        try:
            os.close(os.open(self._path, os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC))
        except OSError as failure:
            if failure.errno == errno.ENXIO:  # no process reads from it
                return False
            raise
        return True
