"""The files of a recording while it is made, and after a crash."""

import os
import pwd
import secrets
import time
from dataclasses import dataclass
from typing import Iterator, List, Optional

_SUFFIXES = (".ring", ".ndjson", ".log", ".json", ".control")


@dataclass(frozen=True)
class Files:
    """The files of one recording, side by side under one stem, which no other recording has."""

    stem: str

    @property
    def ring(self) -> str:
        """The recovery ring, whose path is printed."""
        return self.stem + ".ring"

    @property
    def rows(self) -> str:
        """The recording as NDJSON, each line whole as soon as it is there."""
        return self.stem + ".ndjson"

    @property
    def messages(self) -> str:
        """The standard error of the recorder."""
        return self.stem + ".log"

    @property
    def surroundings(self) -> str:
        """The surroundings at the start: see surroundings.py."""
        return self.stem + ".json"

    @property
    def control(self) -> str:
        """The FIFO that stops the recorder: see control.py."""
        return self.stem + ".control"

    def remove(self) -> None:
        for suffix in _SUFFIXES:
            try:
                os.remove(self.stem + suffix)
            except FileNotFoundError:
                pass


def beside(ring: str) -> Files:
    """The files of the recording that has this ring."""
    return Files(ring[:-len(".ring")] if ring.endswith(".ring") else ring)


def new_files() -> Iterator[Files]:
    """Names for a new recording, each in another place, the best first: places where `rusage-bpf recover` finds rings.

    A directory that cannot be created is skipped. It may still lack space.
    """
    name = f"{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}-{os.getpid()}-{secrets.token_hex(4)}"
    for directory in _state_directories():
        try:
            os.makedirs(directory, mode=0o700, exist_ok=True)
        except OSError:
            continue
        yield Files(os.path.join(directory, name))
    yield Files(f"/tmp/rusage-bpf-{os.geteuid()}-{name}")


def _state_directories() -> List[str]:
    """The user's own directories as the XDG base directory specification has them, of those that there are."""
    state, home = os.environ.get("XDG_STATE_HOME", ""), _home()
    parents = [state if os.path.isabs(state) else None, os.path.join(home, ".local", "state") if home else None,
               _runtime_directory()]
    return [os.path.join(parent, "rusage-bpf") for parent in parents if parent]


def _home() -> Optional[str]:
    """The user's home, if there is one; that of a user without is /."""
    home = os.environ.get("HOME", "")
    if not os.path.isabs(home) or not home.strip("/"):
        try:
            home = pwd.getpwuid(os.geteuid()).pw_dir
        except KeyError:
            return None
    return home if home.strip("/") and os.path.isdir(home) else None


def _runtime_directory() -> Optional[str]:
    """Only the user's own: after su, the variable may name another's."""
    directory = os.environ.get("XDG_RUNTIME_DIR", "")
    if not os.path.isabs(directory):
        directory = f"/run/user/{os.geteuid()}"
    try:
        return directory if os.stat(directory).st_uid == os.geteuid() else None
    except OSError:
        return None
