"""Three charts of a recording: the scaled columns, the columns as they are, and the costs in units."""

from typing import Any, Dict, List, Optional

import numpy
import pandas
from plotly import graph_objects

from .columns import basic
from .costs import cost_figure
from .decimate import bucket_size, extremes, peaks
from .marks import draw_marks
from .times import axis

_MOST_BARS = 600
_BARS_WITH_LINES = 200
_BAR_SHARE = 0.8  # of the time of its rows
_MOST_POINTS = 2000
_TIME_TITLE = "timestamp (UTC)"


def draw(samples: pandas.DataFrame, interval: float, commands: Optional[List[Dict[str, Any]]],
         marks: List[Dict[str, Any]]) -> List[graph_objects.Figure]:
    """The charts in their order, of what a Recording holds. A long one is drawn with fewer points, and every peak."""
    figures = [scaled_figure(samples), raw_figure(samples), cost_figure(samples, interval, commands)]
    for figure in figures:
        draw_marks(figure, samples, marks)
    return figures


def scaled(values: pandas.DataFrame) -> pandas.DataFrame:
    """Each column scaled to 0..1 over its range; 0.5 where it is constant."""
    least, greatest = values.min(), values.max()
    moving = greatest > least
    result = (values - least) / (greatest - least).where(moving, 1)
    return result.where(values.isna() | moving, 0.5)


def by_spread(values: pandas.DataFrame) -> List[str]:
    """The columns of `scaled` by the number of rows in which they are above 0, and then by name.

    So the steady columns are at the bottom of a stack, and the peaks on top of it.
    """
    rows = (values > 0).sum()
    return sorted(values.columns, key=lambda name: (-rows[name], name))


def scaled_figure(samples: pandas.DataFrame) -> graph_objects.Figure:
    """Bars of every column, scaled, on top of each other, each over the time of its rows.

    Without the first row, which has no counters.
    """
    times = axis(samples)
    rows = samples.iloc[1:]
    values = scaled(_numbers(rows))
    size = bucket_size(len(rows), _MOST_BARS)
    ends = times.iloc[[min(end, len(rows)) for end in range(size, len(rows) + size, size)]]
    milliseconds = ends.diff().fillna(ends - times.iloc[0]).dt.total_seconds() * 1000
    figure = graph_objects.Figure()
    for name in by_spread(values):
        figure.add_bar(x=ends, y=peaks(values[name].to_numpy(), _MOST_BARS), name=name,
                       width=milliseconds * _BAR_SHARE, offset=-milliseconds * (1 + _BAR_SHARE) / 2,
                       # The outline of a bar, in the colour of the background, would cover a narrow one.
                       marker_line_width=None if len(ends) <= _BARS_WITH_LINES else 0)
    figure.update_xaxes(range=[times.iloc[0], times.iloc[-1]])
    # "relative" stacks as "stack" does, and keeps the order of the legend.
    return figure.update_layout(barmode="relative", **_layout())


def raw_figure(samples: pandas.DataFrame) -> graph_objects.Figure:
    """Every column as it is, in the same order and so in the same colours."""
    times = axis(samples)
    figure = graph_objects.Figure()
    figure.update_xaxes(range=[times.iloc[0], times.iloc[-1]])
    for name in by_spread(scaled(_numbers(samples.iloc[1:]))):
        drawn = extremes(samples[name].to_numpy(dtype=float), _MOST_POINTS)
        figure.add_scatter(x=times.iloc[drawn], y=samples[name].iloc[drawn], name=name, mode="lines")
    return figure.update_layout(**_layout())


def _numbers(samples: pandas.DataFrame) -> pandas.DataFrame:
    return basic(samples).drop(columns="timestamp").astype(numpy.float64)


def _layout() -> dict:
    return {"legend_title_text": "variable", "xaxis_title": _TIME_TITLE, "yaxis_title": "value",
            "showlegend": True}
