"""The cell magics: %%getrusage_in_background, and %%rusage with every option."""

import ast
import keyword
from typing import Any, List, Optional

from IPython.core.error import UsageError
from IPython.core.magic_arguments import MagicArgumentParser

from .cell import RecordedCell
from .recovery import recover_samples_list
from .say import attempt

_BACKGROUND_USAGE = ("usage: %%getrusage_in_background SECONDS NAME, as in "
                     "%%getrusage_in_background .03 samples_df")


def register(shell: Any) -> None:
    """Registers both magics in a shell, and defines recover_samples_list in it."""

    def getrusage_in_background(line: str, cell: str) -> None:
        """%%getrusage_in_background SECONDS NAME

        Records the notebook's whole process tree while the cell runs, with a row every SECONDS, .001 to
        3600; draws it; and leaves the rows in the DataFrame NAME: the columns up to `num_fds`, described by
        rusage_bpf.Recording.
        """
        __tracebackhide__ = True
        words = line.split()
        if len(words) != 2:
            raise UsageError(f"two arguments are required, and {len(words)} given; {_BACKGROUND_USAGE}")
        interval, name = _interval(words[0]), _name(words[1])
        _run(shell, cell, name, interval)

    def rusage(line: str, cell: str) -> None:
        __tracebackhide__ = True
        wanted = _PARSER.parse_argstring(line)
        _run(shell, cell, _name(wanted.name), _interval(wanted.interval), wanted.backend, wanted.all,
             wanted.processes, wanted.live)

    rusage.__doc__ = _PARSER.format_help()
    for magic in (getrusage_in_background, rusage):
        shell.register_magic_function(magic, "cell")
    shell.user_ns.setdefault("recover_samples_list", recover_samples_list)


def _parser() -> MagicArgumentParser:
    # IPython puts the percent sign of a line magic in front of the name.
    parser = MagicArgumentParser("%rusage", add_help=False, description=(
        "Records the notebook's whole process tree while the cell runs, draws it, and leaves the rows in a "
        "DataFrame whose attrs hold meta, totals, commands, audit and marks."))
    parser.add_argument("name", help="what the DataFrame is called")
    parser.add_argument("-i", "--interval", default=".1", help="seconds between rows, .0001 to 3600; default .1")
    parser.add_argument("--all", action="store_true", help="every column instead of those up to num_fds")
    parser.add_argument("--processes", action="store_true",
                        help="attrs['processes'] holds a dict for each process record")
    parser.add_argument("--no-live", dest="live", action="store_false", help="nothing is shown while the cell runs")
    parser.add_argument("--backend", choices=("auto", "bpf", "proc"), help="the recorder's --backend")
    return parser


_PARSER = _parser()


def _interval(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1
    if not .0001 <= seconds <= 3600:
        raise UsageError(f"{text} is no interval; it is seconds between .0001 and 3600; {_BACKGROUND_USAGE}")
    return seconds


def _name(text: str) -> str:
    if not text.isidentifier() or keyword.iskeyword(text):
        raise UsageError(f"{text} is no name for a variable; {_BACKGROUND_USAGE}")
    return text


def _run(shell: Any, cell: str, name: str, interval: float, backend: Optional[str] = None,
         every_column: bool = False, processes: bool = False, live: bool = True) -> None:
    """Runs a cell and records it.

    The cell runs and raises as it would without the magic, also if nothing can be recorded; an error of the recording
    is a line on standard error.
    """
    __tracebackhide__ = True
    code = _compile(shell, cell)
    # A terminal cannot update its output.
    recorded = RecordedCell(interval, backend, live and hasattr(shell, "kernel"))
    try:
        for part in code:
            exec(part, shell.user_ns)  # pylint: disable=exec-used  # the cell
    finally:
        recorded.end()
        with attempt(f"{name} is not set"):
            shell.user_ns[name] = recorded.frame(every_column, processes)
        recorded.draw()


def _compile(shell: Any, cell: str) -> List[Any]:
    """The code to execute: the cell, and separately its last expression, whose value is shown."""
    text = shell.transform_cell(cell)
    name = shell.compile.cache(text, shell.execution_count, raw_code=cell)
    tree = shell.transform_ast(shell.compile.ast_parse(text, filename=name))
    last = [tree.body.pop()] if tree.body and isinstance(tree.body[-1], ast.Expr) else []
    return [shell.compile(tree, name, "exec")] + [shell.compile(ast.Interactive(last), name, "single")] * len(last)
