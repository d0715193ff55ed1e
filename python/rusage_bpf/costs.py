"""The chart of the costs: CPU, memory and I/O in their units, and the commands that used them."""

from typing import Any, Dict, List, Optional

import pandas
from plotly import graph_objects
from plotly.subplots import make_subplots

from .decimate import extremes
from .text import as_label, human_bytes
from .times import axis

_MOST_POINTS = 2000
_MOST_COMMANDS = 8
_COLOURS = {"user": "#636efa", "system": "#ef553b", "rss": "#ab63fa", "read": "#00cc96", "write": "#ffa15a",
            "disk read": "#19d3f3", "disk write": "#ff6692"}
_RATES = {"read": "read_bytes", "write": "write_bytes", "disk read": "disk_read_bytes",
          "disk write": "disk_write_bytes"}


def rates(samples: pandas.DataFrame, interval: float) -> pandas.DataFrame:
    """Counters per second over each row's time, indexed by the time of its end; gauges as they are.

    A last row much shorter than `interval` seconds is taken together with the one before it.
    """
    rows = samples.set_index(axis(samples))
    counters = [name for name in ("user", "system", *_RATES.values()) if name in rows]
    if len(rows) > 2 and rows["elapsed"].iloc[-1] - rows["elapsed"].iloc[-2] < interval / 2:
        rows = rows.copy()
        rows.iloc[-1, rows.columns.get_indexer(counters)] += rows.iloc[-2][counters].to_numpy(dtype=float)
        rows = rows.drop(rows.index[-2])
    result = rows[["rss"]].astype(float)
    for name in counters:
        seconds = rows["elapsed"].diff()
        result[name] = rows[name] / seconds.where(seconds > 0)
    return result


def cost_figure(samples: pandas.DataFrame, interval: float,
                commands: Optional[List[Dict[str, Any]]]) -> graph_objects.Figure:
    commands = (commands or [])[:_MOST_COMMANDS]
    shares = [.28, .22, .28, .04 * len(commands) + .06] if commands else [.36, .28, .36]
    times = axis(samples)
    figure = make_subplots(rows=len(shares), cols=1, row_heights=shares, vertical_spacing=.07)
    _draw_times(figure, rates(samples, interval))
    if commands:
        _draw_commands(figure, commands)
    height_of_commands = 80 + 30 * len(commands) if commands else 0
    return figure.update_layout(
        height=640 + height_of_commands, hovermode="x unified", legend_traceorder="normal",
        xaxis_range=[times.iloc[0], times.iloc[-1]], xaxis2_matches="x", xaxis3_matches="x",
        xaxis_showticklabels=False, xaxis2_showticklabels=False)


def _draw_times(figure: graph_objects.Figure, values: pandas.DataFrame) -> None:
    cpu = (values[["user", "system"]] * 100).assign(all=lambda split: split["user"] + split["system"])
    # The same points for both, as they stand on each other.
    drawn = cpu.iloc[extremes(cpu["all"].to_numpy(), _MOST_POINTS)]
    for name in ("user", "system"):
        _line(figure, 1, drawn[name], name, stackgroup="cpu")
    _line(figure, 2, values["rss"], "rss", fill="tozeroy")
    for name, column in _RATES.items():
        if column in values:
            _line(figure, 3, values[column], name)
    figure.update_yaxes(row=1, title_text="CPU, % of one core", rangemode="tozero", ticksuffix=" %")
    figure.update_yaxes(row=2, title_text="resident memory", rangemode="tozero", tickformat="~s", ticksuffix="B")
    figure.update_yaxes(row=3, title_text="I/O", rangemode="tozero", tickformat="~s", ticksuffix="B/s")


def _line(figure: graph_objects.Figure, row: int, values: pandas.Series, name: str, **style: Any) -> None:
    drawn = values.iloc[extremes(values.to_numpy(dtype=float), _MOST_POINTS)]
    figure.add_scatter(x=drawn.index, y=drawn, name=name, mode="lines", line={"width": 1.5, "color": _COLOURS[name]},
                       row=row, col=1, **style)


def _draw_commands(figure: graph_objects.Figure, commands: List[Dict[str, Any]]) -> None:
    """A bar for each command, the one that used most CPU at the top."""
    names = [f"{as_label(command['command'] or '(unknown)')} ×{command['processes']}" for command in commands]
    for split in ("user", "system"):
        figure.add_bar(y=names, x=[command[split] for command in commands], name=split, orientation="h", row=4,
                       col=1, marker_color=_COLOURS[split], showlegend=False,
                       hovertext=[f"peak {human_bytes(command['peak_rss'])}" for command in commands])
    figure.update_yaxes(row=4, autorange="reversed", title_text="commands", type="category")
    figure.update_xaxes(row=4, title_text="CPU time", ticksuffix=" s")
    figure.update_layout(barmode="stack")
