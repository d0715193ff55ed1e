"""When rows come under load, beside others that record the same."""

from __future__ import annotations

import contextlib
import itertools
import os
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import psutil

from .common import record, table, workload


class Polled(NamedTuple):
    """What a psutil loop has found: when it had its figures, the CPU time that it saw, and the kernel's total."""

    times_s: list[float]
    seen_s: float
    kernel_s: float


def poll_with_psutil(command: list[str], interval_s: float) -> Polled:
    """Polls a command's tree, with a deadline every interval."""
    seen: dict[tuple[int, float], float] = {}
    times_s = [time.monotonic()]
    before = os.times()
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        root = psutil.Process(process.pid)
        due_s = times_s[0]
        while process.poll() is None:
            for one in [root, *root.children(recursive=True)]:
                try:
                    cpu = one.cpu_times()
                    seen[(one.pid, one.create_time())] = cpu.user + cpu.system
                except psutil.NoSuchProcess:
                    continue
            times_s.append(time.monotonic())
            due_s = max(due_s + interval_s, times_s[-1] - (times_s[-1] - due_s) % interval_s)
            time.sleep(max(due_s - time.monotonic(), 0))
    after = os.times()
    kernel_s = after.children_user + after.children_system - before.children_user - before.children_system
    return Polled(times_s, sum(seen.values()), kernel_s)


COMPILED = "#include <regex>\nbool digits(const char *s) { return std::regex_match(s, std::regex(\"[0-9]+\")); }\n"
MAKEFILE = "all: $(patsubst %.cpp,%.o,$(wildcard *.cpp))\n%.o: %.cpp\n\tg++ -O1 -c -o $@ $<\n"


@contextlib.contextmanager
def a_build() -> Iterator[list[str]]:
    """The command that builds eight C++ files anew."""
    with tempfile.TemporaryDirectory() as directory:
        Path(directory, "Makefile").write_text(MAKEFILE, encoding="utf-8")
        for number in range(8):
            Path(directory, f"{number}.cpp").write_text(COMPILED, encoding="utf-8")
        os.chmod(directory, 0o777)
        yield ["make", "-s", "-B", "-j8", "-C", directory]


@contextlib.contextmanager
def loads() -> Iterator[dict[str, list[str]]]:
    """Commands of some five seconds that keep both CPUs busy, by what they do."""
    with a_build() as build:
        yield {
            "8 processes that spin":
                ["sh", "-c", "for i in $(seq 8); do timeout 5 sh -c 'while :; do :; done' & done; wait"],
            "200 orphans that wake at once":
                ["sh", "-c", "for j in 1 2 3; do for i in $(seq 200); do (sleep 1 &); done; sleep 1.5; done"],
            "stress-ng --fork 4 --pthread 4":
                ["stress-ng", "--quiet", "--fork", "4", "--pthread", "4", "--timeout", "5"],
            "make -j8": build,
        }


def missed(times: list[float], interval_s: float) -> tuple[int, int, float]:
    """How many rows of how many there are not, and the longest time between two, in seconds."""
    gaps = [after - before for before, after in zip(times, times[1:])]
    expected = int((times[-1] - times[0]) / interval_s)
    return max(expected - len(gaps), 0), expected, max(gaps)


def perf_beside(command: list[str], interval_s: float) -> list[float]:
    """The times of the rows of `perf stat -I`."""
    options = ["-x", ",", "-e", "task-clock", "-I", f"{interval_s * 1000:.0f}"]
    result = subprocess.run(["perf", "stat", *options, "--", *command], check=True, capture_output=True, text=True)
    return [0.0, *(float(line.split(",")[0]) for line in result.stderr.splitlines() if "," in line)]


def lacking(document: dict[str, Any]) -> str:
    missing = document["audit"]["ticks_missed"]
    return f"{missing} of {len(document['samples']) + missing}"


def lateness(document: dict[str, Any]) -> str:
    late = document["audit"]["tick_lateness"]
    return " / ".join(f"{late[which] * 1e6:.0f}" for which in ("p50", "p99", "max")) + " us"


def recorded(command: list[str], interval_s: float, *options: str, as_user: bool = False) -> list[str]:
    """What the audit says of the rows' times."""
    document = record(command, "-i", str(interval_s), *options, as_user=as_user)
    return [lacking(document), f"{document['audit']['longest_gap'] * 1000:.1f} ms", lateness(document)]


def polled(times: list[float], interval_s: float) -> list[str]:
    """The same of a recorder that has no audit."""
    missing, expected, longest_s = missed(times, interval_s)
    return [f"{missing} of {expected}", f"{longest_s * 1000:.1f} ms", ""]


def bench_time() -> None:
    """Rows that are missing under load, of us and of others."""
    rows = []
    with loads() as commands:
        for interval_s, (load, command) in itertools.product((.01, .001), commands.items()):
            seen = {
                "rusage-bpf": recorded(command, interval_s),
                "the same, by CAP_BPF and CAP_PERFMON": recorded(command, interval_s, as_user=True),
                "the same, --recorder-clock": recorded(command, interval_s, "--recorder-clock"),
                "a psutil loop": polled(poll_with_psutil(command, interval_s).times_s, interval_s),
                "perf stat -I": polled(perf_beside(command, interval_s), interval_s),
            }
            rows += [[load, f"{interval_s * 1000:.0f} ms", recorder, *what] for recorder, what in seen.items()]
    table("Rows under load: how many are missing, the longest time between two, and the lateness (p50, p99, greatest):",
          ["load", "interval", "recorder", "missing", "longest", "lateness"], rows)


def bench_closest() -> None:
    """A minute of 10 000 rows a second."""
    document = record(["sleep", "60"], "-i", ".0001")
    table("10 000 rows a second of one process that sleeps, for 60 s:",
          ["missing", "lateness p50 / p99 / greatest", "of a core"],
          [[lacking(document), lateness(document), f"{document['audit']['recorder_cpu'] / 60 * 100:.1f} %"]])


def bench_spin() -> None:
    shares = []
    for _ in range(5):
        samples = record(workload("spin", "2"), "-i", ".01")["samples"]
        full = list(zip(samples[1:-1], samples[:-2]))[1:]  # not the start and the last, shorter one
        within = [
            abs(row["user"] + row["system"] - (row["elapsed"] - before["elapsed"]))
            <= 0.02 * (row["elapsed"] - before["elapsed"])
            for row, before in full
        ]
        shares.append(100 * sum(within) / len(within))
    table("A process that spins for 2 s, every 10 ms, on an idle machine:",
          ["rows whose CPU time is within 2 % of the interval", "to reach"],
          [[f"{statistics.median(shares):.1f} %", "90 %"]])
