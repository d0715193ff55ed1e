"""When things were, whatever the machine's clock was set to meanwhile: everything is ordered by what has elapsed."""

from typing import Any, Dict

import pandas


def axis(samples: pandas.DataFrame) -> pandas.Series:
    """Each row's end as a time to draw at: the first row's `timestamp`, and what has elapsed since."""
    return _at(samples, samples["elapsed"])


def mark_time(samples: pandas.DataFrame, mark: Dict[str, Any]) -> pandas.Timestamp:
    """Where a mark is on that axis."""
    return _at(samples, mark["elapsed"]) if "elapsed" in mark else mark["timestamp"]


def _at(samples: pandas.DataFrame, elapsed: Any) -> Any:
    return samples["timestamp"].iloc[0] + pandas.to_timedelta(elapsed - samples["elapsed"].iloc[0], unit="s")
