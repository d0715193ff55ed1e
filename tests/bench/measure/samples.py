"""What a sample and a BPF program cost."""

import json
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

import psutil

from .common import RECORDER, source_bench, table, workload

STATS = Path("/proc/sys/kernel/bpf_stats_enabled")


def bench_ticks() -> None:
    rows = []
    for tracked, others in ((1, 0), (100, 0), (1000, 0), (5000, 0), (1, 5000)):
        look_us = statistics.median(source_bench("tick", str(tracked), str(others)) for _ in range(3))
        tree = f"{tracked} sleeping" + (f", beside {others} of others'" if others else "")
        rows.append([tree, f"{look_us:.1f} us"])
    rows.append(["opening, loading and attaching, once", f"{source_bench('load'):.0f} ms"])
    table("One tick, system call and program, every column:", ["processes", "median"], rows)


def bench_proc() -> None:
    with subprocess.Popen(["sleep", "600"]) as one:
        psutil_us = psutil_look_us(psutil.Process(one.pid))
        one.kill()
    rows = [["1 that runs", f"{source_bench('proc_running'):.0f} us", f"{psutil_us:.0f} us"]]
    for tracked, others in ((1, 0), (100, 0), (1000, 0), (1, 5000)):
        look_us = statistics.median(source_bench("proc", str(tracked), str(others)) for _ in range(3))
        tree = f"{tracked} sleeping" + (f", beside {others} of others'" if others else "")
        rows.append([tree, f"{look_us:.0f} us", f"{psutil_us * tracked:.0f} us"])
    table("One look at /proc, every column, and what psutil takes for the columns that it knows:",
          ["processes", "median", "psutil"], rows)


def psutil_look_us(process: psutil.Process) -> float:
    """Microseconds that psutil takes to read one process's columns."""
    times = []
    for _ in range(501):
        begin = time.perf_counter_ns()
        with process.oneshot():
            process.cpu_times()
            process.memory_info()
            process.io_counters()
            process.num_ctx_switches()
            process.num_fds()
        times.append(time.perf_counter_ns() - begin)
    return statistics.median(times) / 1000


def program_costs(*options: str) -> dict[str, tuple[int, float]]:
    """Runs and nanoseconds a run of each BPF program, over 4000 forks and 500 execs."""
    command = [*workload("storm", "4000"), "&&", *workload("execs", "500"), "&&", "echo done", "&&", "read wait"]
    with tempfile.TemporaryDirectory() as directory, subprocess.Popen(
        [RECORDER, "-q", "-i", ".01", "-o", f"{directory}/rusage.json", *options, "--", "sh", "-c", " ".join(command)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as recorder:
        assert recorder.stdin and recorder.stdout
        recorder.stdout.readline()
        shown = subprocess.run(["bpftool", "--json", "prog", "show"], check=True, capture_output=True)
        listing = json.loads(shown.stdout)
        recorder.stdin.close()
    # The kernel does not count the ticks of its own clock here: see bench_ticks.
    names = ("on_new_task", "on_first_wakeup", "on_exec", "on_exec_again", "on_exit", "on_last_switch")
    return {
        program["name"]: (program["run_cnt"], program["run_time_ns"] / program["run_cnt"])
        for program in listing
        if program.get("name") in names and program.get("run_cnt")
    }


def bench_programs() -> None:
    before = STATS.read_text(encoding="ascii")
    STATS.write_text("1", encoding="ascii")
    try:
        held = program_costs()
        unheld = program_costs("--count-at-last-switch")
    finally:
        STATS.write_text(before, encoding="ascii")
    events = {
        "on_new_task": "each new task on the machine",
        "on_first_wakeup": "the same, a second time",
        "on_exec": "each exec on the machine",
        "on_exec_again": "the same, a second time",
        "on_exit": "each exit of a task on the machine",
        "on_last_switch": "each switch of the machine; before Linux 6.4 only",
    }
    costs = held | {"on_last_switch": unheld["on_last_switch"]}
    rows = [[name, when, f"{costs[name][0]}", f"{costs[name][1]:.0f} ns"] for name, when in events.items()]
    table("Each BPF program, from kernel.bpf_stats_enabled, over 4000 forks and 500 execs:",
          ["program", "runs at", "runs", "mean"], rows)
