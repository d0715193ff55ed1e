"""`sudo PYTHON -m rusage_bpf.capabilities` lets the recorder of the wheel use BPF without root, until it is installed
anew. If it cannot, one line says why."""

import errno
import os
import struct
import subprocess
import sys
from typing import NoReturn

from .program import BUNDLED
from .say import warn

_ATTRIBUTE = "security.capability"
_PERFMON, _BPF = 38, 39  # of <linux/capability.h>
_REVISION_2, _EFFECTIVE = 0x02000000, 1


def _both() -> bytes:
    """CAP_BPF and CAP_PERFMON, permitted and effective: `struct vfs_cap_data` of <linux/capability.h>."""
    permitted = 1 << _PERFMON | 1 << _BPF
    return struct.pack("<5I", _REVISION_2 | _EFFECTIVE, permitted & 0xFFFFFFFF, 0, permitted >> 32, 0)


def _fail(why: str) -> NoReturn:
    warn(f"{BUNDLED}: {why}")
    sys.exit(1)


def _place() -> str:
    """The file system of the recorder, as in "nfs4 on /home"."""
    device = os.stat(BUNDLED).st_dev
    name = f"{os.major(device)}:{os.minor(device)}"
    with open("/proc/self/mountinfo", encoding="utf-8", errors="replace") as mounts:
        for line in mounts:
            fields = line.split()
            if fields[2] == name:
                return f"{fields[fields.index('-') + 1]} on {fields[4]}"
    return "its file system"


def main() -> None:
    if not os.path.exists(BUNDLED):
        _fail("there is no such file: this package has no recorder of its own; use tools/setup --setcap in a checkout")
    if os.statvfs(BUNDLED).f_flag & os.ST_NOSUID:
        _fail(f"{_place()} is mounted nosuid, so that capabilities have no effect; install into another directory")
    try:
        os.setxattr(BUNDLED, _ATTRIBUTE, _both())
    except OSError as failure:
        if failure.errno in (errno.EPERM, errno.EACCES):
            _fail(f"only root may give capabilities: sudo {sys.executable} -m rusage_bpf.capabilities")
        if failure.errno == errno.ENOTSUP:
            _fail(f"{_place()} keeps no capabilities; install into a directory of another file system")
        _fail(f"cannot give capabilities: {failure.strerror}")
    try:
        subprocess.run([BUNDLED, "--version"], stdout=subprocess.DEVNULL, check=True)
    except (OSError, subprocess.CalledProcessError):
        # Where these capabilities cannot be had, as in a container, the kernel refuses the program altogether.
        os.removexattr(BUNDLED, _ATTRIBUTE)
        _fail("with capabilities it does not start here: the container's bounding set lacks CAP_BPF or CAP_PERFMON")
    print(f"{BUNDLED} may now use BPF without root")


if __name__ == "__main__":
    main()
