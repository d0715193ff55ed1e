"""A notebook with a real kernel, whose cells a test runs one after the other.

The kernel finds the package in the source tree and the recorder in the build, and keeps its files in
a directory of its own. Started as a program it is the same for another user: it reads a JSON list of
cells from standard input and prints their outputs.
"""

import glob
import json
import os
import sys
import tempfile
import time

import nbclient
import nbformat

BUILD = os.path.abspath(os.environ.get("RUSAGE_BUILD_DIR", "build"))
# Far more than anything takes, as the machine may be busy with other things.
PATIENCE_S = 60
PACKAGE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../python")


def environment(home):
    """What a notebook, or a script, is to have in its environment to use the package."""
    path = os.pathsep.join(filter(None, [os.path.abspath(PACKAGE), os.environ.get("PYTHONPATH")]))
    recorder = os.environ.get("RUSAGE_BPF", f"{BUILD}/rusage-bpf")
    return {"RUSAGE_BPF": recorder, "PYTHONPATH": path, "HOME": home, "XDG_STATE_HOME": "",
            "IPYTHONDIR": os.path.join(home, ".ipython"), "JUPYTER_RUNTIME_DIR": os.path.join(home, "runtime"),
            "PYDEVD_DISABLE_FILE_VALIDATION": "1"}


def wait_until(what, condition):
    until = time.monotonic() + PATIENCE_S
    while not condition():
        if time.monotonic() > until:
            raise TimeoutError(what)
        time.sleep(.01)


def recorders_of(pid):
    """Those that record a process, by number; also sudo's."""
    found = []
    for directory in glob.glob("/proc/[0-9]*"):
        try:
            with open(f"{directory}/cmdline", "rb") as file:
                if f"\0--pid\0{pid}\0".encode() in file.read():
                    found.append(int(os.path.basename(directory)))
        except OSError:
            pass
    return found


class Notebook:
    def __init__(self, patience_s=120, renderer="plotly_mimetype"):
        self.home = tempfile.TemporaryDirectory(prefix="rusage-bpf-notebook-")
        self.client = nbclient.NotebookClient(
            nbformat.v4.new_notebook(), timeout=patience_s, kernel_name="python3", allow_errors=True)
        self.renderer = renderer

    def __enter__(self):
        environ = {**os.environ, **environment(self.home.name), "PLOTLY_RENDERER": self.renderer}
        self.kernel = self.client.setup_kernel(env=environ, cwd=self.home.name)
        self.kernel.__enter__()
        return self

    def __exit__(self, *reason):
        self.kernel.__exit__(*reason)
        self.home.cleanup()

    @property
    def state(self):
        """Where rings are, and what is beside them."""
        return os.path.join(self.home.name, ".local/state/rusage-bpf")

    def pid(self):
        return self.client.km.provisioner.process.pid

    def run(self, source):
        """The outputs of a new cell."""
        cell = nbformat.v4.new_code_cell(source)
        self.client.nb.cells.append(cell)
        self.client.execute_cell(cell, len(self.client.nb.cells) - 1)
        return Outputs(cell.outputs)

    def value(self, expression):
        """A value in the kernel that JSON can hold."""
        outputs = self.run(f"import json as _json; print(_json.dumps({expression}))")
        if outputs.error:
            raise RuntimeError(f"{expression}: {outputs.error}")
        return json.loads(outputs.text)


class Outputs:
    """Of one cell."""

    def __init__(self, outputs):
        self.all = outputs

    def _streams(self, name):
        return "".join(output.text for output in self.all if output.output_type == "stream" and output.name == name)

    @property
    def text(self):
        return self._streams("stdout")

    @property
    def errors(self):
        return self._streams("stderr")

    @property
    def error(self):
        """`NameOfException: message`, or None."""
        return next((f"{output.ename}: {output.evalue}" for output in self.all if output.output_type == "error"), None)

    @property
    def charts(self):
        """The figures, as plotly.js takes them."""
        kind = "application/vnd.plotly.v1+json"
        return [output.data[kind] for output in self.all if kind in output.get("data", {})]

    @property
    def live(self):
        """What the live view showed last, or None."""
        return next((output.data["text/plain"] for output in self.all
                     if "CPU" in output.get("data", {}).get("text/plain", "")), None)


def main():
    with Notebook() as notebook:
        answers = [notebook.run(cell) for cell in json.load(sys.stdin)]
        json.dump([{"text": answer.text, "errors": answer.errors, "error": answer.error,
                    "charts": len(answer.charts)} for answer in answers], sys.stdout)


if __name__ == "__main__":
    main()
