"""`python -m rusage_bpf` is the recorder: all arguments are its own."""

import os
import sys

from .errors import RecorderError
from .program import find_path
from .say import warn

# As the recorder's own, where it fails.
_FAILED = 125


def main() -> None:
    try:
        path = find_path()
        os.execv(path, [path, *sys.argv[1:]])
    except (RecorderError, OSError) as failure:
        warn(f"cannot start the recorder: {failure}")
        sys.exit(_FAILED)


if __name__ == "__main__":
    main()
