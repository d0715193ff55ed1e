"""The exact resource usage of a notebook's cells, or of a part of a script: rusage-bpf for Python.

In a notebook::

    %load_ext rusage_bpf
    %%getrusage_in_background .03 samples_df      # basic columns, charts
    %%rusage samples_df --interval .01 --all      # every column
    recover_samples_list('/path/printed/at/the/start')

In a script::

    with rusage_bpf.record(interval=.01) as r:
        ...
        r.mark("epoch 3")
    r.samples          # a DataFrame, a row an interval; without pandas a list of dicts
    r.plot("run.html")

The recorder is a program of its own; this package starts it, reads its documents and draws them.
"""

import sys
from typing import Any

from .documents import read
from .errors import RecorderError
from .recording import Recording
from .recovery import recover_samples_list
from .session import mark, record

__all__ = ["Recording", "RecorderError", "mark", "read", "record", "recover_samples_list"]


def load_ipython_extension(shell: Any) -> None:
    """What `%load_ext rusage_bpf` calls: registers the two cell magics, and `recover_samples_list`."""
    from .magic import register

    register(shell)


def _register_where_imported() -> None:
    """`from rusage_bpf import *` in a notebook works like %load_ext."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    if shell is not None:
        load_ipython_extension(shell)


_register_where_imported()
