"""The columns that more than one module has to know of."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas

_LAST_BASIC = "num_fds"


def basic(samples: "pandas.DataFrame") -> "pandas.DataFrame":
    """The columns of the data frame of `%%getrusage_in_background`: the first ones of the document."""
    return samples.iloc[:, :list(samples.columns).index(_LAST_BASIC) + 1]
