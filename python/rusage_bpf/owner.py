"""Which process a recording belongs to."""

import os
from typing import Tuple

class Owner:
    """The process that makes a recording. A forked child has a copy, but is not the owner."""

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
        # A child in a pid namespace of its own may have the same number.
        return os.getpid(), cls._forks


os.register_at_fork(after_in_child=Owner.count_fork)
