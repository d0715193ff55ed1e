"""Runs an action as GitHub's runner does: the steps of action.yml in order, each a script for bash with the inputs in
its environment, files for outputs and the summary, and annotations on standard output."""

import os
import re
import subprocess

import yaml

PATIENCE_S = 300


class Job:
    """The files and the environment that the steps of one job share."""

    def __init__(self, action, directory, **environment):
        self.action = action
        with open(os.path.join(action, "action.yml"), encoding="utf-8") as file:
            self.description = yaml.safe_load(file)
        self.summary = os.path.join(directory, "summary.md")
        self.temporary = os.path.join(directory, "temp")
        self.workspace = os.path.join(directory, "workspace")
        for new in (self.temporary, self.workspace):
            os.mkdir(new)
        self.environment = {
            "PATH": "/usr/bin:/bin", "HOME": directory, "GITHUB_ACTIONS": "true", "CI": "true",
            "GITHUB_ACTION_PATH": action, "RUNNER_TEMP": self.temporary, "GITHUB_WORKSPACE": self.workspace,
            "GITHUB_STEP_SUMMARY": self.summary, **environment}
        with open(self.summary, "w", encoding="utf-8"):
            pass
        self.log = ""
        self.release = "https://example.invalid"

    def use(self, **inputs):
        """Runs the action with these inputs; an input's - is _ here. Returns whether it succeeded, and its outputs."""
        given = {name: str(about.get("default", "")) for name, about in self.description["inputs"].items()}
        unknown = {name.replace("_", "-") for name in inputs} - set(given)
        if unknown:
            raise KeyError(f"action.yml has no input {unknown}")
        given.update({name.replace("_", "-"): value for name, value in inputs.items()})
        succeeded, outputs = True, {}
        for step in self.description["runs"]["steps"]:
            if not succeeded and step.get("if") != "always()":
                continue
            done = self._run(step, given)
            for name, value in done.items():
                outputs[f"steps.{step['id']}.outputs.{name}"] = value
            succeeded = succeeded and self.status == 0
        named = {name: self._evaluate(about["value"], outputs) for name, about in self.description["outputs"].items()}
        return succeeded, named

    def annotations(self, kind):
        """The texts, as the runner shows them."""
        found = re.findall(rf"^::{kind} title=rusage-bpf::(.*)$", self.log, re.MULTILINE)
        return [text.replace("%0A", "\n").replace("%0D", "\r").replace("%25", "%") for text in found]

    def _run(self, step, inputs):
        context = {f"inputs.{name}": value for name, value in inputs.items()}
        context.update({"github.server_url": self.release, "github.action_repository": "owner/rusage-bpf"})
        output = os.path.join(self.temporary, "output")
        with open(output, "w", encoding="utf-8"):
            pass
        script = os.path.join(self.temporary, "step.sh")
        with open(script, "w", encoding="utf-8") as file:
            file.write(step["run"])
        environment = {name: self._evaluate(value, context) for name, value in step.get("env", {}).items()}
        log = os.path.join(self.temporary, "log")
        # A file, not a pipe: a recorder of mode start outlives its step.
        with open(log, "w", encoding="utf-8") as file:
            self.status = subprocess.run(
                ["/bin/bash", "--noprofile", "--norc", "-eo", "pipefail", script], cwd=self.workspace,
                env={**self.environment, **environment, "GITHUB_OUTPUT": output}, stdin=subprocess.DEVNULL,
                stdout=file, stderr=subprocess.STDOUT, timeout=PATIENCE_S, check=False).returncode
        with open(log, encoding="utf-8") as file:
            self.log += file.read()
        with open(output, encoding="utf-8") as file:
            return dict(line.rstrip("\n").split("=", 1) for line in file)

    @staticmethod
    def _evaluate(text, context):
        return re.sub(r"\$\{\{ *([\w.-]+) *\}\}", lambda found: context.get(found[1], ""), str(text))
