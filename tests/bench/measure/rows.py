"""What a row costs: its CPU time, its place in the ring, its memory, reading and writing it again."""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from .common import BUILD, RECORDER, RING_BENCH, SOURCE_BENCH, figure, record, table


def row_cost_us(interval_s: float, processes: int) -> float:
    """CPU time of the recorder for a row, its ticks in the kernel included, without start and end."""
    sleepers = f"for i in $(seq {processes - 1}); do sleep 60 & done; "
    costs = []
    for seconds in (1, 6):
        script = f"{sleepers} sleep {seconds + processes / 1000}; kill $(jobs -p) 2>/dev/null; true"
        document = record(["sh", "-c", script], "-i", str(interval_s))
        costs.append((document["audit"]["recorder_cpu"], len(document["samples"])))
    return (costs[1][0] - costs[0][0]) / (costs[1][1] - costs[0][1]) * 1e6


def wake_cost_us(interval_s: float) -> float:
    """CPU time of a loop that only sleeps to deadlines, for each of them."""
    return figure(SOURCE_BENCH, "wake", str(interval_s))


def bench_rows() -> None:
    rows = []
    for interval_s, processes in ((.01, 1), (.001, 1), (.001, 100), (.001, 1000), (.0001, 1)):
        row_us = statistics.median(row_cost_us(interval_s, processes) for _ in range(5))
        wake_us = statistics.median(wake_cost_us(interval_s) for _ in range(3))
        rows.append([f"{interval_s * 1000:g} ms", f"{processes}", f"{row_us:.1f} us",
                     f"{row_us / interval_s / 1e4:.2f} %", f"{wake_us:.1f} us"])
    table("CPU time of the recorder for a row, into a JSON document, its tick included:",
          ["interval", "processes", "for a row", "of a core", "a loop that only sleeps to each deadline"], rows)


def bench_ring() -> None:
    with tempfile.TemporaryDirectory(dir=BUILD) as disk, tempfile.TemporaryDirectory(dir="/dev/shm") as memory:
        table("A row in the recovery ring, which has it before any output:", ["ring", "median"], [
            ["on a disk", f"{figure(RING_BENCH, disk):.0f} ns"],
            ["in memory (tmpfs)", f"{figure(RING_BENCH, memory):.0f} ns"],
            ["on a disk, with --ring-sync", f"{figure(RING_BENCH, disk, 'sync') / 1000:.0f} us"],
        ])


def write_long_document(path: str) -> int:
    """Writes a recording of 400 000 rows, as a recorder spaces them, and returns their number."""
    document = record(["sh", "-c", "for i in 1 2 3 4; do ls -lR /usr/share; sleep .2; done"], "-i", ".0001")
    recorded = document["samples"][1:]
    rows: list[str] = []
    while len(rows) < 400_000:
        for row in recorded:
            rows.append(json.dumps(row | {"elapsed": len(rows) / 10_000}, separators=(",", ":")))
    frame = json.dumps(document | {"samples": []})
    before, after = frame.split('"samples": []')
    Path(path).write_text(f'{before}"samples": [\n' + ",\n".join(rows) + f"\n]{after}\n", encoding="utf-8")
    return len(rows)


def user_s(*command: str) -> float:
    """Seconds of user CPU time that a command takes, the median of five runs."""
    times = []
    for _ in range(5):
        before = os.times().children_user
        subprocess.run(command, check=True)
        times.append(os.times().children_user - before)
    return statistics.median(times)


def bench_convert() -> None:
    python = {"json": "import json, sys; json.load(open(sys.argv[1]))",
              "ndjson": "import json, sys; [json.loads(line) for line in open(sys.argv[1])]"}
    rows = []
    with tempfile.TemporaryDirectory() as directory:
        count = write_long_document(f"{directory}/long.json")
        subprocess.run([RECORDER, "convert", f"{directory}/long.json", "-o", f"{directory}/long.ndjson"], check=True)
        for source, script in python.items():
            path = f"{directory}/long.{source}"
            python_s = user_s(sys.executable, "-c", script, path)
            for target in ("json", "ndjson", "csv"):
                convert_s = user_s(RECORDER, "convert", path, "-o", f"{directory}/converted.{target}")
                rows.append([f"{source} to {target}", f"{count / convert_s:,.0f}", f"{count / python_s:,.0f}"])
    table("Rows a second of user CPU time that convert reads and writes, and that Python's json module reads:",
          ["formats", "convert", "Python"], rows)


def bench_memory() -> None:
    """The recorder's memory over ever longer recordings, at 1 ms."""
    rows = []
    for seconds in (10, 100, 1000):
        document = record(["sleep", str(seconds)], "-i", ".001")
        rows.append([f"{len(document['samples']):,}", f"{document['audit']['recorder_peak_rss'] / 2**20:.1f} MiB"])
    table("The recorder's peak of resident memory, a row every 1 ms into a JSON document:", ["rows", "memory"], rows)


def wall_ms(command: list[str]) -> float:
    begin = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return (time.perf_counter() - begin) * 1000


def bench_start() -> None:
    """A command that does nothing, with and without a recorder, in turn."""
    with tempfile.TemporaryDirectory() as directory:
        ways = {
            "true": ["true"],
            "rusage-bpf -q -o FILE -- true": [RECORDER, "-q", "-o", f"{directory}/rusage.json", "--", "true"],
            "perf stat -- true": ["perf", "stat", "--", "true"],
        }
        times: dict[str, list[float]] = {name: [] for name in ways}
        for _ in range(25):
            for name, command in ways.items():
                times[name].append(wall_ms(command))
    table("From start to exit:", ["command", "median"],
          [[name, f"{statistics.median(taken):.1f} ms"] for name, taken in times.items()])
