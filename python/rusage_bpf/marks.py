"""Marks as lines across a chart."""

from typing import Any, Dict, List

import pandas

from .text import as_label
from .times import mark_time


def draw_marks(figure: Any, samples: pandas.DataFrame, marks: List[Dict[str, Any]]) -> None:
    """A dotted line at each mark's time, across all axes below each other that have times; its label on top."""
    axes = [axis for axis in figure.select_yaxes() if axis.type != "category"]
    bottom = min((axis.domain[0] for axis in axes if axis.domain), default=0)
    for mark in marks:
        at = mark_time(samples, mark)
        figure.add_shape(type="line", x0=at, x1=at, y0=bottom, y1=1, xref="x", yref="paper",
                         line={"width": 1, "dash": "dot", "color": "#444"})
        figure.add_annotation(x=at, y=1, xref="x", yref="paper", text=as_label(mark["label"]), showarrow=False,
                              xanchor="left", yanchor="bottom", textangle=-30)
