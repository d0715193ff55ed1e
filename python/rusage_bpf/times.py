"""Times from `elapsed`, which are right even if the clock of the machine is set meanwhile."""

from typing import Any, Dict

import pandas


def axis(samples: pandas.DataFrame) -> pandas.Series:
    """The time of each row's end: the `timestamp` of the first row, and the time elapsed since."""
    return _at(samples, samples["elapsed"])


def mark_time(samples: pandas.DataFrame, mark: Dict[str, Any]) -> pandas.Timestamp:
    """The time of a mark on that axis."""
    return _at(samples, mark["elapsed"]) if "elapsed" in mark else mark["timestamp"]


def _at(samples: pandas.DataFrame, elapsed: Any) -> Any:
    return samples["timestamp"].iloc[0] + pandas.to_timedelta(elapsed - samples["elapsed"].iloc[0], unit="s")
