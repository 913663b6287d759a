"""The manual page calm(1), in mdoc, made of what `calm --experimental-dump-help` tells of the commands."""

import json

ENVIRONMENT = [
    ("CALM_CACHE", "The context store, fetched models and their packages; ~/.cache/calm."),
    ("CALM_PLUGIN_PATH", "Further folders with plugins, separated by colons."),
    ("CALM_SDK", "The SDK that new plugins are built against; the installed one."),
    ("CALM_LOG", "Least level of messages: trace, debug, info, notice, warning, error or critical; info."),
    ("NO_COLOR", "Any text switches colours off."),
]
CODES = [
    (0, "ok"), (1, "a check found something"), (2, "configuration or command line"), (3, "data"), (4, "plugin, model, training"),
    (5, "network"), (6, "storage"), (130, "interrupted; the state is saved"),
]


def page(help_json, version):
    root = json.loads(help_json)["command"]
    lines = [
        ".Dd $Mdocdate$", ".Dt CALM 1", ".Os calm " + escaped(version), ".Sh NAME", ".Nm calm", ".Nd " + sentence(root["abstract"]),
        ".Sh SYNOPSIS", ".Nm", ".Ar command", ".Op Ar argument ...",
        ".Sh DESCRIPTION", "Results go to standard output, everything else to standard error.",
        "The experiment file defaults to", ".Pa plugins.yaml", "in the current folder.", "The commands are:",
    ]
    for command in root["subcommands"]:
        if command["commandName"] != "help" and command.get("shouldDisplay", True):
            lines += described(command, "calm")
    lines += [".Sh ENVIRONMENT", ".Bl -tag -width Ds"]
    for name, text in ENVIRONMENT:
        lines += [".It Ev " + name, escaped(text)]
    lines += [".El", ".Sh EXIT STATUS", ".Bl -tag -width Ds"]
    for code, text in CODES:
        lines += [f".It {code}", escaped(text)]
    lines += [".El", ".Sh SEE ALSO", ".Ql calm explain CODE", "tells what an error code means and what to do."]
    return "\n".join(lines) + "\n"


def described(command, above):
    """A section of a command, or those of its subcommands."""
    name = f"{above} {command['commandName']}"
    inner = [c for c in command.get("subcommands", []) if c["commandName"] != "help" and c.get("shouldDisplay", True)]
    if inner:
        return [line for c in inner for line in described(c, name)]
    arguments = [a for a in command.get("arguments", []) if a.get("shouldDisplay", True) and a["valueName"] not in ("help", "version")]
    lines = [".Ss " + escaped(name), ".Nm " + escaped(name)]
    lines += [synopsis(a) for a in arguments]
    lines += [".Pp", escaped(sentence(command.get("abstract", "")) + ".")]
    for paragraph in command.get("discussion", "").split("\n\n"):
        if paragraph:
            lines += [".Pp", escaped(" ".join(paragraph.split()))]
    if arguments:
        lines.append(".Bl -tag -width Ds")
        for a in arguments:
            text = " ".join(a.get("abstract", "").split())
            default = a.get("defaultValue")
            if default is not None and a["kind"] != "flag":
                text += f" Default: {default}."
            lines += [".It " + " , ".join(spelt(a)), escaped(text)]
        lines.append(".El")
    return lines


def spelt(argument):
    """The argument as it is typed, in each of its spellings."""
    if argument["kind"] == "positional":
        return ["Ar " + escaped(argument["valueName"])]
    value = "" if argument["kind"] == "flag" else " Ar " + escaped(argument["valueName"])
    return ["Fl " + ("" if name["kind"] == "short" else "\\-") + escaped(name["name"]) + value for name in argument["names"]]


def synopsis(argument):
    dots = " ..." if argument["isRepeating"] else ""
    text = spelt(argument)[-1] + dots
    return ".Op " + text if argument["isOptional"] else "." + text


def sentence(text):
    return escaped(" ".join(text.split()).rstrip("."))


def escaped(text):
    """Text that troff takes as it is."""
    text = text.replace("\\", "\\e").replace("-", "\\-")
    return "\\&" + text if text[:1] in ".'" else text
