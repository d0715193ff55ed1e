"""The messages of the package, and the rule that no error of the package reaches the recorded code."""

import sys
from contextlib import contextmanager
from typing import Any, Iterator, Optional

_LONGEST = 500


def say(text: str, stream: Optional[Any] = None) -> None:
    """Prints to `stream`, or to standard output; a closed, full or missing stream is no error."""
    try:
        print(text, file=stream or sys.stdout, flush=True)
    except Exception:  # a replacement of a stream may raise anything
        pass


def warn(text: str) -> None:
    """One line on standard error."""
    if sys.stderr is not None:
        say("rusage-bpf: " + one_line(text), sys.stderr)


def one_line(text: Any) -> str:
    """`text`, or the text of an exception or its name, on one line."""
    words = " ".join(str(text).split()) or type(text).__name__
    return words if len(words) <= _LONGEST else words[:_LONGEST] + "..."


@contextmanager
def attempt(what: str) -> Iterator[None]:
    """Runs code that may fail without effect on the recorded code: an error becomes the warning `what: why`.

    An interrupt is an error too, because the code that it was meant for has ended.
    """
    try:
        yield
    except KeyboardInterrupt:
        warn(f"{what}: interrupted")
    except Exception as failure:
        warn(f"{what}: {one_line(failure)}")
