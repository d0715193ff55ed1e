"""Which process a recording belongs to."""

import os
from typing import Tuple

class Owner:
    """The process that makes it. A fork of that process holds a copy and is not the owner."""

    _forks = 0

    def __init__(self) -> None:
        self._process = self._this_process()

    def is_this_process(self) -> bool:
        return self._process == self._this_process()

    @classmethod
    def count_fork(cls) -> None:
        cls._forks += 1

    @classmethod
    def _this_process(cls) -> Tuple[int, int]:
        # The number alone would do, but for a child in a pid namespace of its own, which may have the same.
        return os.getpid(), cls._forks


os.register_at_fork(after_in_child=Owner.count_fork)
