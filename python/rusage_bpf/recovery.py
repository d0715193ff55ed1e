"""After a crash: the rows, their charts, and how it ended."""

import os
import time
from typing import TYPE_CHECKING, Optional

if TYPE_CHECKING:
    import pandas

from .autopsy import autopsy
from .documents import has_end, read
from .page import show
from .places import Files, beside
from .program import find_path
from .recording import Recording
from .ring import recover_ring, run_recover
from .say import attempt
from .surroundings import noted_surroundings

_PATIENCE_S = 3
_POLL_S = 0.1


def recover_samples_list(path: Optional[str] = None, every_column: bool = False) -> Optional["pandas.DataFrame"]:
    """Draws the recording until a crash, prints how it ended, and returns the rows.

    `path` is a recovery ring, as printed when the cell began. The DataFrame is that of the cell, with its
    columns or every one; its `attrs["autopsy"]` is the printed text. Nothing is removed. Without a
    path, prints which rings there are, newest first. Raises RecorderError where there are no rows.
    """
    if path is None:
        print(run_recover(find_path()), end="")
        return None
    files = beside(path)
    recording = _complete(files) or recover_ring(find_path(), path)
    text = autopsy(recording, noted_surroundings(files.surroundings))
    print(text, flush=True)
    with attempt("no charts"):
        show(recording.figures())
    frame = recording.frame(every_column)
    frame.attrs["autopsy"] = text
    return frame


def _complete(files: Files) -> Optional[Recording]:
    """The recording beside the ring, if the recorder has finished it: it has more than the ring."""
    until = time.monotonic() + _PATIENCE_S
    while os.path.exists(files.rows):
        if has_end(files.rows):
            return read(files.rows)
        # Just after a crash the recorder may still be writing it.
        if time.monotonic() > until or time.time() - os.stat(files.rows).st_mtime > _PATIENCE_S:
            break
        time.sleep(_POLL_S)
    return None
