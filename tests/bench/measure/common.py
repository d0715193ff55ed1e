"""What the measurements share: recording a command, programs that print one figure, and Markdown tables."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[3]
BUILD = Path(os.environ.get("BUILD_DIR", ROOT / "build")).resolve()  # commands run in other directories
RECORDER = str(BUILD / "rusage-bpf")
SOURCE_BENCH = str(BUILD / "tests" / "source_bench")
RING_BENCH = str(BUILD / "tests" / "ring_bench")
NOBODY = 65534


def workload(name: str, *arguments: str) -> list[str]:
    """The command line of a test workload, whose own account of itself is thrown away."""
    return [str(BUILD / "tests" / "programs" / name), "/dev/null", *arguments]


def record(command: list[str], *options: str, as_user: bool = False) -> dict[str, Any]:
    """Records a command and returns the document. As a user, the recorder has CAP_BPF and CAP_PERFMON alone."""
    with tempfile.TemporaryDirectory() as directory:
        path = os.path.join(directory, "rusage.json")
        recorder = [RECORDER]
        if as_user:
            os.chown(directory, NOBODY, NOBODY)
            recorder = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", f"{directory}/recorder"]
            shutil.copy(RECORDER, recorder[-1])
            subprocess.run(["setcap", "cap_bpf,cap_perfmon=ep", recorder[-1]], check=True)
        subprocess.run([*recorder, "-q", "-o", path, *options, "--", *command], check=True, cwd=directory,
                       stdout=subprocess.DEVNULL)
        with open(path, encoding="utf-8") as file:
            document: dict[str, Any] = json.load(file)
            return document


def table(title: str, header: list[str], rows: list[list[str]]) -> None:
    """Prints a Markdown table under its title."""
    print(f"\n{title}\n")
    for row in [header, ["---"] * len(header), *rows]:
        print("| " + " | ".join(row) + " |")
    sys.stdout.flush()


def figure(*command: str) -> float:
    """The one figure that a program of tests/bench prints."""
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return float(next(iter(json.loads(output).values())))


def source_bench(*arguments: str) -> float:
    """A figure of tests/bench/source_bench.cpp."""
    return figure(SOURCE_BENCH, *arguments)
