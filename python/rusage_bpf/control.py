"""Stops the recorder: its standard input is a FIFO, which ends when a process opens and closes it.

The FIFO has a name, so that no descriptor is needed while the recorded code runs. The last rows of a recording may
count the descriptor that stops it.
"""

import errno
import os


class Control:
    def __init__(self, path: str):
        self._path = path

    def create(self) -> int:
        """Creates the FIFO, for the user only, and opens the standard input of the recorder."""
        os.mkfifo(self._path, 0o600)
        return os.open(self._path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)

    def stop(self) -> bool:
        """Ends the input of the recorder. Returns whether there is a recorder; OSError if that is unknown."""
        try:
            os.close(os.open(self._path, os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC))
        except OSError as failure:
            if failure.errno == errno.ENXIO:  # no process reads from it
                return False
            raise
        return True
