"""Shells that complete a line, each by its own machinery: bash and zsh on a terminal, fish by its builtin."""

import fcntl
import os
import pty
import re
import signal
import struct
import subprocess
import termios
import time

# Far more than anything takes, as the machine may be busy with other things.
PATIENCE_S = 60


class Terminal:
    """A program on a terminal of its own, wide enough for every line."""

    def __init__(self, argv, environment, directory):
        self.pid, self.descriptor = pty.fork()
        if self.pid == 0:
            os.chdir(directory)
            os.execve(argv[0], argv, environment)
        fcntl.ioctl(self.descriptor, termios.TIOCSWINSZ, struct.pack("HHHH", 200, 500, 0, 0))
        os.set_blocking(self.descriptor, False)

    def type(self, keys):
        os.write(self.descriptor, keys.encode())

    def read_until(self, condition):
        """Returns what was printed until `condition` holds for it."""
        printed, until = "", time.monotonic() + PATIENCE_S
        while not condition(printed):
            if time.monotonic() > until:
                raise TimeoutError(f"the shell printed only: {printed!r}")
            try:
                printed += os.read(self.descriptor, 65536).decode(errors="replace")
            except BlockingIOError:
                time.sleep(.005)
        return printed

    def close(self):
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self.descriptor)


class Bash:
    """The line is completed as by the Tab key, and becomes a comment."""

    def __init__(self, file, own_completion, environment, directory, package=None):
        self.terminal = Terminal(["/bin/bash", "--norc", "--noprofile", "-i"], environment, directory)
        self.count = 0
        for setting in ("show-all-if-ambiguous on", "completion-query-items 0", "page-completions off",
                        "enable-bracketed-paste off", "bell-style none", "colored-completion-prefix off"):
            self.run(f"bind 'set {setting}'")
        self.run("PS1='$ '")
        if package:
            self.run(f". {package}")
        self.run(f". {file}; . {own_completion}")

    def run(self, line):
        self.count += 1
        self.terminal.type(f"{line}\recho D''ONE-{self.count}\r")
        return self.terminal.read_until(lambda printed: f"DONE-{self.count}" in printed)

    def offered(self, line):
        """What was shown: the choices, and the line with what it was completed to."""
        shown = self.run(f"{line}\t\x01#")
        return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|[\r\a\0]", "", shown)

    def close(self):
        self.terminal.close()


ZSH_SETUP = r"""
PS1='$ '; LISTMAX=100000 # never asks whether to show a long list
zstyle ':completion:*' verbose yes
fpath=({directory} $fpath); autoload -Uz compinit; compinit -D -u
. {own_completion}
compadd() {{
  if [[ ${{@[1,(i)(-|--)]}} == *-(O|A|D)\ * ]]; then builtin compadd "$@"; return; fi
  local -a hits; local i
  builtin compadd -O hits "$@"
  print -rl -- $hits >> $CAPTURE
  for (( i = 1; i < $#; i++ )); do if [[ ${{@[i]}} == -*d ]]; then print -rl -- ${{(P)@[i+1]}} >> $CAPTURE; fi; done
  builtin compadd "$@"
}}
capture() {{ zle complete-word; print -r -- $BUFFER >> $CAPTURE; BUFFER=; print -r -- captured >> $CAPTURE }}
zle -N capture; bindkey '^T' capture; print re''ady
"""


class Zsh:
    """Every match that a completion function gives to zsh, with its description, and the completed line."""

    def __init__(self, file, own_completion, environment, directory):
        self.capture = os.path.join(directory, "capture")
        setup = os.path.join(directory, "setup.zsh")
        with open(setup, "w", encoding="utf-8") as script:
            script.write(ZSH_SETUP.format(directory=os.path.dirname(file), own_completion=own_completion))
        self.terminal = Terminal(["/bin/zsh", "-f", "-i"], {**environment, "CAPTURE": self.capture}, directory)
        self.terminal.type(f". {setup}\r")
        self.terminal.read_until(lambda printed: "ready" in printed)

    def offered(self, line):
        with open(self.capture, "w", encoding="utf-8"):
            pass
        self.terminal.type(f"{line}\x14")
        text = ""

        def is_captured(_):
            nonlocal text
            with open(self.capture, encoding="utf-8") as captured:
                text = captured.read()
            return text.endswith("captured\n")

        self.terminal.read_until(is_captured)
        return text

    def close(self):
        self.terminal.close()


class Fish:
    def __init__(self, file, own_completion, environment, directory):
        self.sources = f"source {file}; source {own_completion}"
        self.environment, self.directory = environment, directory

    def offered(self, line):
        done = subprocess.run(["/usr/bin/fish", "--no-config", "-c", f"{self.sources}; complete -C $argv[1]", line],
                              env=self.environment, cwd=self.directory, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              stdin=subprocess.DEVNULL, text=True, timeout=PATIENCE_S, check=True)
        if done.stderr:
            raise AssertionError(done.stderr)
        return done.stdout

    def close(self):
        pass
