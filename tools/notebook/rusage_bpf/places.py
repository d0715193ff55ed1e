"""Where a recording's files are while it is made, and after a crash."""

import itertools
import os
import time
from dataclasses import dataclass

from .errors import RecorderError

_numbers = itertools.count()


@dataclass(frozen=True)
class Files:
    """The files of one recording, side by side under one stem."""

    stem: str

    @property
    def ring(self) -> str:
        """The recovery ring, by whose path people know the recording."""
        return self.stem + ".ring"

    @property
    def rows(self) -> str:
        """The recording as NDJSON, each line whole as soon as it is there."""
        return self.stem + ".ndjson"

    @property
    def messages(self) -> str:
        """What the recorder says: its standard error."""
        return self.stem + ".log"

    @property
    def surroundings(self) -> str:
        """What else could end a process, as it was at the start: see surroundings.py."""
        return self.stem + ".json"

    def remove(self) -> None:
        for path in (self.ring, self.rows, self.messages, self.surroundings):
            try:
                os.remove(path)
            except FileNotFoundError:
                pass


def beside(ring: str) -> Files:
    """The files of the recording that has this ring."""
    return Files(ring[:-len(".ring")] if ring.endswith(".ring") else ring)


def new_files() -> Files:
    """Names for a new recording, in the directory where `rusage-bpf recover` looks for rings."""
    name = f"{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}-{os.getpid()}-{next(_numbers)}"
    return Files(os.path.join(_state_directory(), name))


def _state_directory() -> str:
    """For the user alone, as the XDG base directory specification has it."""
    state = os.environ.get("XDG_STATE_HOME", "")
    if not os.path.isabs(state):
        state = os.path.join(os.path.expanduser("~"), ".local", "state")
    directory = os.path.join(state, "rusage-bpf")
    try:
        for path in (state, directory):
            os.makedirs(path, mode=0o700, exist_ok=True)
    except OSError as failure:
        raise RecorderError(f"{failure}; let XDG_STATE_HOME name a directory that you may write to") from failure
    return directory
