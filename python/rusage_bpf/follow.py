"""The rows of a recording that goes on, as they come."""

import json
from typing import Any, Dict, List

from .descriptors import HeldFile
from .page_cache import look

_SAMPLE = b'{"kind":"sample",'
# What at most is looked at in one go; rows beyond it are left out.
_MOST_BYTES = 1 << 20


class Follower:
    """Reads on in the recorder's NDJSON, without a read(): see page_cache. OSError if the file cannot be opened."""

    def __init__(self, path: str):
        self._file = HeldFile(path)
        self._at = 0

    def new_rows(self) -> List[Dict[str, Any]]:
        """The rows that have come since the last call, oldest first; none where the descriptor was closed by others."""
        if not self._file.is_open():
            return []
        end = self._file.size()
        text = look(self._file.fd, max(self._at, end - _MOST_BYTES), end)
        whole = text.rfind(b"\n") + 1
        self._at = max(self._at, end - _MOST_BYTES) + whole
        lines = [line for line in text[:whole].split(b"\n") if line.startswith(_SAMPLE)]
        return json.loads(b"[" + b",".join(lines) + b"]")

    def begin(self) -> Dict[str, Any]:
        """The first line: what is recorded. Call it before new_rows()."""
        text = look(self._file.fd, 0, min(self._file.size(), _MOST_BYTES))
        return json.loads(text[:text.index(b"\n")])

    def close(self) -> None:
        self._file.close()
