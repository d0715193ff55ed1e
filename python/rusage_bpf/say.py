"""What the package says to people, and the rule that no failure of ours becomes the recorded code's."""

import sys
from contextlib import contextmanager
from typing import Any, Iterator, Optional

_LONGEST = 500


def say(text: str, stream: Optional[Any] = None) -> None:
    """Prints to `stream`, or to standard output; a stream that is closed, full or gone harms nothing."""
    try:
        print(text, file=stream or sys.stdout, flush=True)
    except Exception:  # whatever stands in for a stream may raise anything
        pass


def warn(text: str) -> None:
    """One line on standard error."""
    if sys.stderr is not None:
        say("rusage-bpf: " + one_line(text), sys.stderr)


def one_line(text: Any) -> str:
    """The words of `text` or of an exception; of an exception without words, its name."""
    words = " ".join(str(text).split()) or type(text).__name__
    return words if len(words) <= _LONGEST else words[:_LONGEST] + "..."


@contextmanager
def attempt(what: str) -> Iterator[None]:
    """Runs what may fail without harm to the recorded code: a failure becomes the warning `what: why`.

    An interrupt ends what is attempted, and is a failure like others: the code that it was meant for has ended.
    """
    try:
        yield
    except KeyboardInterrupt:
        warn(f"{what}: interrupted")
    except Exception as failure:
        warn(f"{what}: {one_line(failure)}")
