"""The parts of the completions for bash, zsh and fish that come from the options.

What completes a value follows from the word that --help has for it, as FILE; see `kind_of`.
"""

import re
import shlex

# The words of --help for values, with what completes them. Other words, as SECONDS and N, have nothing to complete.
KINDS = {"FILE": "file", "A": "file", "B": "file", "IN": "file", "RING": "file", "PID": "pid", "NAME": "user",
         "PATH": "cgroup", "LIMIT": "limit"}


def kind_of(entry: dict) -> str:
    """Of an option or argument: a key of the completions' functions, `none`, or the values as "a b c"."""
    if "--output" in entry.get("names", []) and "a .html file" not in entry["help"]:
        return "output"
    if "|" in entry["value"]:
        return " ".join(entry["value"].split("|"))
    return KINDS.get(entry["value"], "none")


def shown(line: dict) -> list[dict]:
    """The options that are completed: not those that are only for tests."""
    return [entry for entry in line["options"] if entry["group"] == "Options"]


def name_of(line: dict) -> str:
    """The subcommand, or `record`."""
    return (line["command"].split() + ["record"])[1]


def extensions(lines: list[dict]) -> str:
    """Those of the formats, as the help of --output names them."""
    text = next(entry["help"] for entry in lines[0]["options"] if "--output" in entry["names"])
    return " ".join(dict.fromkeys(re.findall(r"(?<= )\.[a-z][a-z.]*[a-z]", text)))


def limit_names(lines: list[dict]) -> str:
    """What --fail-if can limit, as the help of compare lists it."""
    footer = next(line["footer"] for line in lines if name_of(line) == "compare")
    return " ".join(footer.split("\nNames: ")[1].split("\nExit status")[0].split())


def brief(text: str) -> str:
    """The first part of a help text, short enough for a menu."""
    first = text.split("; ")[0]
    return first if len(first) <= 72 else first[:72].rsplit(" ", 1)[0] + " ..."


def bash_values(lines: list[dict]) -> dict[str, str]:
    names, kinds = "", ""
    for line in lines:
        offered = " ".join(name for entry in shown(line) for name in entry["names"])
        names += f"    {name_of(line)}) echo '{offered}' ;;\n"
        for entry in line["options"]:
            if entry["value"]:
                patterns = " | ".join(f"{name_of(line)}:{name}" for name in entry["names"])
                kinds += f"    {patterns}) echo '{kind_of(entry)}' ;;\n"
    with_arguments = [name_of(line) for line in lines if line["arguments"]]
    return {"OPTIONS": names, "KINDS": kinds, "SUBCOMMANDS": subcommand_names(lines),
            "WITH_FILES": " | ".join(with_arguments), "EXTENSIONS": extensions(lines), "LIMITS": limit_names(lines)}


def subcommand_names(lines: list[dict]) -> str:
    return " ".join(name_of(line) for line in lines[1:])


def zsh_text(text: str) -> str:
    """Between the brackets of a specification for _arguments, within single quotes."""
    for special in ("\\", "[", "]", ":"):
        text = text.replace(special, "\\" + special)
    return text.replace("'", "'\\''")


def zsh_option(entry: dict) -> str:
    names = entry["names"]
    repeatable = "repeatable" in entry["help"]
    before = "*" if repeatable else f"({' '.join(names)})"
    assigned = [name + "=" if entry["value"] and name.startswith("--") else name for name in names]
    braces = "{" + ",".join(assigned) + "}" if len(names) > 1 else assigned[0]
    action = ""
    if entry["value"]:
        kind = kind_of(entry)
        function = {"none": " ", "file": "_files", "user": "_users"}.get(kind, f"_rusage_bpf_{kind}")
        action = f":{zsh_text(entry['value'])}:" + (f"({kind})" if "|" in entry["value"] else function)
    return f"'{before}'{braces}'[{zsh_text(brief(entry['help']))}]{action}'"


def zsh_values(lines: list[dict]) -> dict[str, str]:
    cases = ""
    for line in lines:
        specs = [zsh_option(entry) for entry in shown(line)]
        specs += [f"':{zsh_text(argument['value'])}:_files'" for argument in line["arguments"]]
        cases += f"    {name_of(line)})\n      options=(\n"
        cases += "".join(f"        {spec}\n" for spec in specs) + "      )\n      ;;\n"
    described = "".join(f"    '{command['name']}:{zsh_text(command['summary'])}'\n"
                        for command in lines[0]["subcommands"])
    return {"CASES": cases, "DESCRIBED": described, "SUBCOMMANDS": subcommand_names(lines).replace(" ", "|"),
            "EXTENSIONS": extensions(lines), "LIMITS": limit_names(lines)}


def fish_option(line: dict, entry: dict) -> str:
    words = [f"complete -c rusage-bpf -n '__rusage_bpf_in {name_of(line)}'"]
    for name in entry["names"]:
        words.append(f"-l {name[2:]}" if name.startswith("--") else f"-s {name[1:]}")
    if entry["value"]:
        kind = kind_of(entry)
        if kind == "file":
            words.append("-rF")
        elif kind == "none":
            words.append("-x")
        elif "|" in entry["value"]:
            words.append(f"-xa '{kind}'")
        else:
            words.append(f"-xa '(__rusage_bpf_{kind})'")
    # Fish knows no escapes within single quotes but for quotes and backslashes.
    text = brief(entry["help"]).replace("\\", "\\\\").replace("'", "\\'")
    return " ".join(words) + f" -d '{text}'\n"


def fish_values(lines: list[dict]) -> dict[str, str]:
    options = "".join(fish_option(line, entry) for line in lines for entry in shown(line))
    commands = "".join(f"complete -c rusage-bpf -n __rusage_bpf_first -a {command['name']} "
                       f"-d {shlex.quote(command['summary'])}\n" for command in lines[0]["subcommands"])
    with_files = " ".join(name_of(line) for line in lines if line["arguments"])
    return {"OPTIONS": options, "COMMANDS": commands, "SUBCOMMANDS": subcommand_names(lines),
            "WITH_FILES": with_files, "EXTENSIONS": extensions(lines), "LIMITS": limit_names(lines)}
