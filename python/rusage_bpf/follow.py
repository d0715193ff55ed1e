"""New rows of a current recording."""

import json
from typing import Any, Dict, List

from .descriptors import HeldFile
from .page_cache import read_mapped

_SAMPLE = b'{"kind":"sample",'
# At most so much is read at once; older rows are skipped.
_MOST_BYTES = 1 << 20


class Follower:
    """Reads the NDJSON of the recorder without read(): see page_cache. OSError if the file cannot be opened."""

    def __init__(self, path: str):
        self._file = HeldFile(path)
        self._at = 0

    def new_rows(self) -> List[Dict[str, Any]]:
        """The rows since the last call, oldest first; none if other code has closed the descriptor."""
        if not self._file.is_open():
            return []
        end = self._file.size()
        text = read_mapped(self._file.fd, max(self._at, end - _MOST_BYTES), end)
        whole = text.rfind(b"\n") + 1
        self._at = max(self._at, end - _MOST_BYTES) + whole
        lines = [line for line in text[:whole].split(b"\n") if line.startswith(_SAMPLE)]
        return json.loads(b"[" + b",".join(lines) + b"]")

    def begin(self) -> Dict[str, Any]:
        """The first line, `begin`. Call it before new_rows()."""
        text = read_mapped(self._file.fd, 0, min(self._file.size(), _MOST_BYTES))
        return json.loads(text[:text.index(b"\n")])

    def close(self) -> None:
        self._file.close()
