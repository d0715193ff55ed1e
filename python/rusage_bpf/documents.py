"""The recorder's documents, JSON and NDJSON, as a Recording."""

import json
import os
from typing import TYPE_CHECKING, Any, Dict, List

from .recording import Recording

if TYPE_CHECKING:
    import pandas

_SCHEMA = "rusage-bpf/1"
# As Python objects, rows take many times the memory that they have as a frame.
_CHUNK_ROWS = 10_000
_SAMPLE = b'{"kind":"sample",'


def read(path: str) -> Recording:
    """A recording from `rusage.json`, or from NDJSON, which may lack its end.

    Raises ValueError if the file is no recording, OSError if it cannot be read.
    """
    with open(path, "rb") as file:
        first = file.readline()
        file.seek(0)
        try:
            return _recording(_of_lines(file) if first.startswith(b'{"kind":"begin"') else json.load(file))
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as failure:
            raise ValueError(f"{path}: is not a recording of rusage-bpf: {failure}") from failure


def _recording(document: Any) -> Recording:
    if not isinstance(document, dict) or document.get("schema") != _SCHEMA:
        raise ValueError(f"its schema is not {_SCHEMA}, the one that this version reads")
    samples = document["samples"]
    if isinstance(samples, list):
        samples = _frame(samples, document["columns"])
    return Recording(samples=samples, meta=document["meta"],
                     columns=document["columns"], totals=document.get("totals"),
                     processes=document.get("processes"), commands=document.get("commands"),
                     audit=document.get("audit"))


def has_end(path: str) -> bool:
    """Whether a recording in NDJSON was finished."""
    most_bytes = 1 << 16  # of the last line, `end`
    with open(path, "rb") as file:
        file.seek(max(0, os.fstat(file.fileno()).st_size - most_bytes))
        last = file.read().rsplit(b"\n", 2)
    return len(last) > 1 and last[-1] == b"" and last[-2].startswith(b'{"kind":"end",')


def _of_lines(file) -> Dict[str, Any]:
    """The document of the lines of NDJSON, without a torn last line."""
    frames: List["pandas.DataFrame"] = []
    samples: List[bytes] = []
    processes: List[Dict[str, Any]] = []
    commands: List[Dict[str, Any]] = []
    document: Dict[str, Any] = {}
    for line in file:
        if not line.endswith(b"\n"):
            break
        if line.startswith(_SAMPLE):
            samples.append(line)
            if len(samples) == _CHUNK_ROWS:
                frames.append(_frame_of_lines(samples, document["columns"]))
                samples.clear()
            continue
        event = json.loads(line)
        kind = event.pop("kind")
        if kind == "begin":
            document.update(event)
        elif kind == "process":
            processes.append(event)
        elif kind == "command":
            commands.append(event)
        elif kind == "end":
            document["meta"].update(event.pop("meta"))
            document.update(event)
            # A ring has no process records.
            if not document["meta"]["recovered"]:
                document.update(processes=processes, commands=commands)
    frames.append(_frame_of_lines(samples, document["columns"]))
    document["samples"] = _joined(frames)
    return document


def _frame_of_lines(lines: List[bytes], columns: List[Dict[str, str]]) -> "pandas.DataFrame":
    # One text is parsed much faster than many.
    return _frame(json.loads(b"[" + b",".join(lines) + b"]"), columns)


def _frame(samples: List[Dict[str, Any]], columns: List[Dict[str, str]]) -> "pandas.DataFrame":
    """A row for each interval: counters as float64, NaN if unknown, gauges as int64 if all are known.

    Without pandas, a list with a dict for each row.
    """
    try:
        import pandas
    except ImportError:
        names = [column["name"] for column in columns]
        return [{name: row[name] for name in names} for row in samples]

    frame = pandas.DataFrame(samples, columns=[column["name"] for column in columns])
    for column in columns:
        name, kind = column["name"], column["kind"]
        if name == "timestamp":
            frame[name] = pandas.to_datetime(frame[name], utc=True).dt.tz_localize(None).astype("datetime64[ns]")
        elif kind == "gauge" and not frame[name].isna().any():
            frame[name] = frame[name].astype("int64")
        else:
            frame[name] = frame[name].astype("float64")
    return frame


def _joined(frames: List["pandas.DataFrame"]) -> "pandas.DataFrame":
    if all(isinstance(frame, list) for frame in frames):
        return [row for frame in frames for row in frame]
    import pandas

    return pandas.concat(frames, ignore_index=True)
