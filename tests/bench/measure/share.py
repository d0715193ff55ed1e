"""How much of a tree's CPU time each recorder sees."""

from __future__ import annotations

import signal
import statistics
import subprocess
import tempfile
from collections.abc import Callable
from typing import IO

from .common import record, table, workload
from .load import poll_with_psutil

# By its name the peers find it among all processes.
CHILDREN = workload("children", "1000")
TICKS_PER_S = 100
# With an empty ATOPACCT, atop does not turn process accounting on, which writes a record for each process that exits.
MONITOR_ENVIRONMENT = {"LC_ALL": "C", "PATH": "/usr/bin:/bin", "ATOPACCT": ""}


def kernel_s(command: list[str]) -> float:
    """Runs a command, and returns the CPU time that wait reports, in hundredths of a second as GNU time does."""
    with tempfile.NamedTemporaryFile("r", encoding="ascii") as file:
        subprocess.run([*timed(file.name), *command], check=True, stdout=subprocess.DEVNULL)
        return timed_s(file)


def timed(path: str) -> list[str]:
    return ["/usr/bin/time", "-f", "%U %S", "-o", path]


def timed_s(file: IO[str]) -> float:
    """What `timed` has written: user and system time."""
    return sum(float(part) for part in file.read().split())


def seen_beside(monitor: list[str], cpu_s: Callable[[list[str]], float]) -> float:
    """The share that a monitor of all processes sees; `cpu_s` adds the lines about the workload up."""
    with tempfile.TemporaryFile("w+", encoding="utf-8") as output:
        with subprocess.Popen(monitor, stdout=output, env=MONITOR_ENVIRONMENT) as process:
            total_s = kernel_s(["sh", "-c", 'sleep 1.5; "$@"; sleep 1.5', "sh", *CHILDREN])
            process.send_signal(signal.SIGINT)
        output.seek(0)
        return 100 * cpu_s([line for line in output if "children" in line and "Average" not in line]) / total_s


def pidstat_s(lines: list[str]) -> float:
    """Each line has the share of a second: TIME UID PID %usr %system %guest %wait %CPU CPU Command."""
    return sum(float(line.split()[-3]) for line in lines) / 100


def atop_s(lines: list[str]) -> float:
    """Each line has ticks of user and system time behind PID, name, state and ticks a second."""
    return sum(sum(map(int, line.split()[10:12])) for line in lines) / TICKS_PER_S


def perf_share() -> float:
    with tempfile.NamedTemporaryFile("r", encoding="ascii") as file:
        perf = ["perf", "stat", "-x", ",", "-e", "task-clock", "-I", "10", "--"]
        result = subprocess.run([*perf, *timed(file.name), *CHILDREN], check=True, capture_output=True, text=True)
        rows_s = sum(float(line.split(",")[1]) for line in result.stderr.splitlines() if "," in line) / 1000
        return 100 * rows_s / timed_s(file)


def psutil_share() -> float:
    polled = poll_with_psutil(CHILDREN, .01)
    return 100 * polled.seen_s / polled.kernel_s


def bench_share() -> None:
    """The rows' sum beside the kernel's total, of us and of others."""
    recorder_cpu_s = []

    def our_share() -> float:
        audit = record(CHILDREN, "-i", ".01")["audit"]
        recorder_cpu_s.append(audit["recorder_cpu"])
        return 100 * float(audit["cpu_accounted"])

    ways: list[tuple[str, str, Callable[[], float]]] = [
        ("rusage-bpf -i .01", "every 10 ms", our_share),
        ("perf stat -I 10", "every 10 ms", perf_share),
        ("a psutil loop", "every 10 ms", psutil_share),
        ("pidstat 1", "every second", lambda: seen_beside(["pidstat", "-u", "1"], pidstat_s)),
        ("atop 1, without process accounting", "every second", lambda: seen_beside(["atop", "-P", "PRC", "1"], atop_s)),
    ]
    rows = [[who, when, f"{statistics.median(share() for _ in range(5)):.2f} %"] for who, when, share in ways]
    rows.append(["/usr/bin/time", "at the end", "100 %"])
    table("1000 children of 2 ms CPU each: the share of the kernel's CPU total that is seen:",
          ["recorder", "values", "share"], rows)
    print(f"\nrusage-bpf itself used {statistics.median(recorder_cpu_s) * 1000:.0f} ms.")
