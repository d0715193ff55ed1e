"""Descriptors of the package, in a process whose other code may close them, or use all."""

import os
import resource
from contextlib import contextmanager
from typing import Iterator

_SPARE = 64


class HeldFile:
    """A file that is open for reading. Other code may close its descriptor, whose number may then belong to another
    file, which is neither read nor closed."""

    def __init__(self, path: str):
        self.fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        self._file = self._at(self.fd)

    def is_open(self) -> bool:
        try:
            return self.fd >= 0 and self._at(self.fd) == self._file
        except OSError:
            return False

    def size(self) -> int:
        return os.fstat(self.fd).st_size

    def close(self) -> None:
        if self.is_open():
            os.close(self.fd)
        self.fd = -1

    @staticmethod
    def _at(fd: int) -> tuple:
        status = os.fstat(fd)
        return status.st_dev, status.st_ino


@contextmanager
def spare_descriptors() -> Iterator[None]:
    """Raises the soft limit by a few descriptors, because recorded code may have used all of them."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    more = soft if soft == resource.RLIM_INFINITY else soft + _SPARE
    if hard != resource.RLIM_INFINITY:
        more = min(more, hard)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (more, hard))
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
