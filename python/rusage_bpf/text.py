"""Values as text, as in the summary of the recorder."""

from typing import Optional


def human_bytes(size: Optional[float]) -> str:
    """`3.34 MiB`; `n/a` if unknown."""
    if size is None:
        return "n/a"
    for unit in ("B", "KiB", "MiB", "GiB", "TiB"):
        if abs(size) < 1024 or unit == "TiB":
            return f"{size:.0f} B" if unit == "B" else f"{size:.{2 if size < 10 else 1 if size < 100 else 0}f} {unit}"
        size /= 1024
    raise AssertionError


def plural(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 'es' if what.endswith('s') else 's'}"


def as_label(text: str) -> str:
    """A name in a chart, escaped, because plotly interprets some HTML tags."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
