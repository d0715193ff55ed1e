"""Recovery rings, read by the recorder."""

import os
import subprocess
import tempfile

from .documents import read
from .errors import RecorderError
from .recording import Recording


def recover_ring(program: str, ring: str) -> Recording:
    """Every row of a recovery ring. Needs only the permission to read it."""
    with tempfile.TemporaryDirectory(prefix="rusage-bpf-") as directory:
        path = os.path.join(directory, "recovered.ndjson")
        run_recover(program, ring, "--quiet", "--output", path)
        return read(path)


def run_recover(program: str, *arguments: str) -> str:
    """The output of `rusage-bpf recover`; RecorderError with its message if it fails."""
    ran = subprocess.run([program, "recover", *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                         stderr=subprocess.PIPE, encoding="utf-8", errors="replace", check=False)
    if ran.returncode != 0:
        raise RecorderError(ran.stderr.strip() or f"rusage-bpf recover ended with {ran.returncode}")
    # The message that there are none is on standard error.
    return ran.stdout or ran.stderr
