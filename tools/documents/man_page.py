"""The parts of rusage-bpf(1) that come from the options and the columns, in man(7)."""

import re

_ESCAPES = str.maketrans({"\\": "\\e", "-": "\\-", "'": "\\(aq", "~": "\\(ti", "^": "\\(ha", "`": "\\(ga"})


def escape(text: str) -> str:
    """Plain text for roff: no character has a meaning of its own."""
    return text.translate(_ESCAPES)


def sentence(text: str) -> str:
    """A help text as a sentence of the page. Lines that begin with a dot or a quote would be requests."""
    text = text.strip()
    first = text[0].upper() + text[1:] if not text.startswith(("-", ".")) else text
    return "\\&" + escape(first) + ("" if first.endswith(".") else ".")


def bold(names: list[str]) -> str:
    return ", ".join(f"\\fB{escape(name)}\\fR" for name in names)


def option(entry: dict) -> str:
    value = f" \\fI{escape(entry['value'])}\\fR" if entry["value"] else ""
    return f".TP\n{bold(entry['names'])}{value}\n{sentence(entry['help'])}\n"


def options(line: dict) -> str:
    """The options of a command line; those that are only for tests come last, below a heading."""
    text, group = "", "Options"
    for entry in sorted(line["options"], key=lambda entry: entry["group"] != "Options"):
        if entry["group"] != group:
            group = entry["group"]
            text += f".SS {escape(group)}\n"
        text += option(entry)
    return text


def is_help(entry: dict) -> bool:
    return "--help" in entry["names"]


def subcommand(line: dict) -> str:
    values = "".join(f" \\fI{escape(argument['value'])}\\fR" for argument in line["arguments"])
    text = f".SS {escape(line['command'])}{values}\n{sentence(line['description'])}\n"
    for argument in line["arguments"]:
        text += f".TP\n.I {escape(argument['value'])}\n{sentence(argument['help'])}\n"
    text += "".join(option(entry) for entry in line["options"] if not is_help(entry))
    if line["footer"]:
        text += ".PP\n" + "\n.br\n".join("\\&" + escape(part.strip()) for part in line["footer"].split("\n")) + "\n"
    return text


def synopsis(line: dict) -> str:
    values = " ".join(f"[{argument['value']}]" if argument["value"] in ("RING", "FILE") else argument["value"]
                      for argument in line["arguments"])
    takes_options = any(not is_help(entry) for entry in line["options"])
    return (f".br\n.B {escape(line['command'])}\n"
            + (".RI [ OPTIONS ]\n" if takes_options else "") + (f".I {escape(values)}\n" if values else ""))


def plain(markdown: str) -> str:
    return re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", markdown).replace("`", "")


def columns(page: str) -> str:
    """The first table of docs/columns.md."""
    rows = re.findall(r"^\| ([\w, ]+) \| ([^|]+) \| (counter|gauge|time) \| ([^|]+) \|$", page, re.MULTILINE)
    return "".join(f".TP\n{bold(names.split(', '))}\n{sentence(plain(meaning))}\n({kind}, in {escape(plain(unit))})\n"
                   for names, unit, kind, meaning in rows)


def man_values(lines: list[dict], columns_page: str, version: str, date: str) -> dict[str, str]:
    recording, *subcommands = lines
    return {
        "DATE": date,
        "VERSION": escape(" ".join(version.split()[:2])),
        "SYNOPSIS": "".join(synopsis(line) for line in subcommands),
        "OPTIONS": options(recording),
        "SUBCOMMANDS": ".SH SUBCOMMANDS\n" + "".join(subcommand(line) for line in subcommands),
        "COLUMNS": columns(columns_page),
    }
