"""The clock of `elapsed` in this process."""

import time
from datetime import datetime, timedelta

_EPOCH = datetime(1970, 1, 1)


def zero_on_monotonic_clock(start: str, launched_ns: int) -> int:
    """The time.monotonic_ns() at which `elapsed` is 0.

    `start` is the document's, by the machine's clock; `launched_ns` is a time before it, and now is one after it, both
    monotonic. They bound the error where the clock was set in between. Only differences are used, as
    the recorder's monotonic clock may be that of another time namespace.
    """
    now_ns = time.monotonic_ns()
    ago_ns = time.time_ns() - _since_epoch_ns(start)
    return min(max(now_ns - ago_ns, launched_ns), now_ns)


def _since_epoch_ns(text: str) -> int:
    return (datetime.fromisoformat(text.rstrip("Z")) - _EPOCH) // timedelta(microseconds=1) * 1000
