"""Where charts are shown: below a cell, or on a page."""

from typing import Any, List


def show(figures: List[Any]) -> None:
    """With plotly's own renderer, which a notebook's user may have chosen."""
    for figure in figures:
        figure.show()


def write_page(figures: List[Any], path: str) -> None:
    """One HTML file that asks nothing of any network."""
    from plotly import io

    parts = [io.to_html(figure, full_html=False, include_plotlyjs=number == 0) for number, figure in enumerate(figures)]
    with open(path, "w", encoding="utf-8") as file:
        file.write('<!doctype html>\n<meta charset="utf-8">\n<title>rusage-bpf</title>\n' + "\n".join(parts))
