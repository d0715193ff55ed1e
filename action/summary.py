#!/usr/bin/env python3
"""The summary of a job in Markdown, from a recording in JSON, and a comparison if there is one.

Usage: summary.py RECORDING [COMPARISON]
"""

import json
import re
import sys
from pathlib import Path

MOST_COMMANDS = 10
MOST_CHARACTERS = 200
# What of a comparison is shown, besides what failed.
COMPARED = ("elapsed", "cpu", "peak_rss", "read_bytes", "write_bytes", "major_faults", "execs")


def text(words):
    """Anything as plain text within a table: no markup and no HTML."""
    words = words if len(words) <= MOST_CHARACTERS else words[:MOST_CHARACTERS] + " ..."
    words = re.sub(r"[\x00-\x1f\x7f]", " ", words).replace("&", "&amp;").replace("<", "&lt;")
    return re.sub(r"([\\`*_{}\[\]()#+!|~@:-])", r"\\\1", words)


def number(value, unit):
    if value is None:
        return "unknown"
    if unit == "s":
        return f"{value:.3f} s"
    if unit == "bytes":
        for prefix in ("B", "KiB", "MiB", "GiB"):
            if abs(value) < 1024 or prefix == "GiB":
                return f"{value:.0f} B" if prefix == "B" else f"{value:.2f} {prefix}"
            value /= 1024
    return f"{value:,}"


def table(heads, rows):
    lines = [heads, ["---"] + ["---:"] * (len(heads) - 1), *rows]
    return "".join("| " + " | ".join(line) + " |\n" for line in lines)


def ending(meta):
    if meta["target"] != "command":
        return f"until {text(meta['ended_by'])}"
    return f"killed by signal {meta['signal']}" if meta["signal"] else f"exit status {meta['exit_code']}"


def totals(document):
    sums, meta, audit = document["totals"], document["meta"], document["audit"]
    cpu = sums["user"] + sums["system"]
    rows = [["elapsed", number(document["samples"][-1]["elapsed"], "s")],
            ["CPU time", number(cpu, "s")],
            ["user, system", f"{number(sums['user'], 's')}, {number(sums['system'], 's')}"],
            ["peak memory", number(sums["rss"].get("at_least", sums["rss"]["peak"]), "bytes")],
            ["read, written", f"{number(sums['read_bytes'], 'bytes')}, {number(sums['write_bytes'], 'bytes')}"],
            ["processes at once", number(sums["pid_count"]["peak"], "processes")],
            ["commands run", number(sums["execs"], "processes")]]
    lost = sum(audit[name] or 0 for name in ("untracked_tasks", "events_lost", "ticks_missed"))
    source = f"{meta['backend']}; {meta['rows']} rows; {lost} tasks, events and samples lost"
    return table(["", ending(meta)], rows) + f"\nSource: {source}\n"


def commands(document):
    found = (document["commands"] or [])[:MOST_COMMANDS]
    rows = [[text(command["command"]), number(command["processes"], "processes"),
             number(command["user"] + command["system"], "s"), number(command["peak_rss"], "bytes")]
            for command in found]
    return table(["command", "processes", "CPU time", "peak memory"], rows) if rows else ""


def comparison(document):
    values = document["totals"]
    rows = []
    for name in COMPARED:
        value = values[name]
        share = "unknown" if value["ratio"] is None else f"{(value['ratio'] - 1) * 100:+.1f} %"
        rows.append([text(name), number(value["a"], value["unit"]), number(value["b"], value["unit"]), share])
    lines = [f"- :x: {text(line)}\n" for line in document["failed"]]
    lines += [f"- :warning: {text(line)}\n" for line in document["warnings"]]
    return table(["", "baseline", "this run", "change"], rows) + ("\n" + "".join(lines) if lines else "")


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        recording = json.load(file)
    print(f"### Recorded: {text(Path(sys.argv[1]).stem)}\n\n{totals(recording)}\n{commands(recording)}")
    if len(sys.argv) > 2:
        with open(sys.argv[2], encoding="utf-8") as file:
            print(f"#### Compared with the baseline\n\n{comparison(json.load(file))}")


if __name__ == "__main__":
    main()
