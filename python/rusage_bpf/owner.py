"""Which process a recording belongs to."""

import os

_forks = 0


class Owner:
    """The process that makes it. A fork of that process holds a copy and is not the owner."""

    def __init__(self) -> None:
        self._process = _this_process()

    def is_this_process(self) -> bool:
        return self._process == _this_process()


def _this_process() -> tuple:
    # The number alone would do, but for a child in a pid namespace of its own, which may have the same.
    return os.getpid(), _forks


def _count_fork() -> None:
    global _forks
    _forks += 1


os.register_at_fork(after_in_child=_count_fork)
