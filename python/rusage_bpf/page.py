"""Shows charts below a cell, or writes them to a page."""

import json
from typing import Any, List

from .say import one_line, warn

_PLOTLY = "application/vnd.plotly.v1+json"


def show(figures: List[Any]) -> None:
    """With the renderer of plotly, which the user may have chosen; never raises.

    If that fails, as without nbformat, the figures are sent to the front end, and VS Code and JupyterLab draw them.
    """
    for number, figure in enumerate(figures):
        try:
            figure.show()
        except Exception as failure:
            _show_without_plotly(figures[number:], one_line(failure))
            return


def _show_without_plotly(figures: List[Any], why: str) -> None:
    try:
        _send_to_front_end(figures)
    except Exception:
        warn(f"no charts: {why}")
    else:
        warn(f"plotly does not show the charts, which only some front ends draw then: {why}")


def write_page(figures: List[Any], path: str) -> None:
    """One HTML file that makes no network requests."""
    from plotly import io

    parts = [io.to_html(figure, full_html=False, include_plotlyjs=number == 0) for number, figure in enumerate(figures)]
    with open(path, "w", encoding="utf-8") as file:
        file.write('<!doctype html>\n<meta charset="utf-8">\n<title>rusage-bpf</title>\n' + "\n".join(parts))


def _send_to_front_end(figures: List[Any]) -> None:
    from IPython.display import display

    for figure in figures:
        display({_PLOTLY: json.loads(figure.to_json()), "text/plain": "a chart"}, raw=True)
