"""OpenDSS scripts as data: of a program only the statements that describe the network are run.

A script can export files, change the working directory and solve a year. gridplan walks through it,
follows ``redirect`` and ``compile``, hands what describes elements to the engine and passes over
the rest, by name.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gridplan.errors import Fault

#: Statements that describe the network; anything else that is no error is passed over.
FORWARDED = frozenset(
    {"clear", "clearall", "new", "edit", "more", "m", "~", "enable", "disable", "batchedit"}
    | {"open", "close", "calcvoltagebases", "setkvbase", "makebuslist", "var"}
)

#: Statements that would change the network in a way that gridplan does not follow.
REFUSED = frozenset(
    {"allocateloads", "makeposseq", "reduce", "rephase", "reconductor", "remove", "clone"}
    | {"distribute", "setloadandgenkv", "connect", "disconnect", "estimate", "interpolate"}
)

#: Options of ``set`` that describe the network; those of solving and showing are passed over.
OPTIONS = frozenset(
    {"voltagebases", "defaultbasefrequency", "basefrequency", "loadmult", "genmult"}
    | {"earthmodel", "allowduplicates", "longlinecorrection", "linetypes"}
)

#: Classes that are curves over time, which a single load point does not need: their names are
#: declared, because loads refer to them, their values are not read.
CURVES = frozenset({"loadshape", "tshape", "priceshape"})

#: Classes that measure and never change an answer.
METERS = frozenset({"monitor", "energymeter", "sensor"})

_INCLUDES = ("redirect", "compile")
_PLACES = ("buscoords", "latlongcoords", "giscoords", "setbusxy")
_VALUE = r"\[[^\]]*\]|\([^)]*\)|\{[^}]*\}|\"[^\"]*\"|'[^']*'|[^\s,]+"
_OPTION = re.compile(rf"([%\w]+)\s*=\s*({_VALUE})")
_FILE = re.compile(r"((?:file|csvfile|sngfile|dblfile)\s*=\s*)([^\s,()\[\]\"']+)", re.IGNORECASE)
_CLASS = re.compile(r"new\s+(?:object\s*=\s*)?[\"']?([\w]+)\.([^\s\"']+)", re.IGNORECASE)

_MAX_DEPTH = 20
_MAX_BYTES = 64 * 1024 * 1024
_MAX_FAULTS = 20


@dataclass(slots=True, kw_only=True)
class ScriptRun:
    """One run of a script on one engine context.

    Attributes
    ----------
    engine : an OpenDSSDirect context of its own
    faults : errors, each with file and line
    passed : what was passed over, and how often
    """

    engine: Any
    faults: list[Fault] = field(default_factory=list)
    passed: Counter[str] = field(default_factory=Counter)
    _commands: tuple[str, ...] = ()
    _options: tuple[str, ...] = ()
    _skipping: bool = False
    _read_bytes: int = 0

    def __post_init__(self) -> None:
        executive = self.engine.Executive
        self._commands = _names(executive.Command, executive.NumCommands())
        self._options = _names(executive.Option, executive.NumOptions())

    def follow(self, path: Path, depth: int = 0) -> None:
        """Run the statements of one file, and of the files that it names."""
        text = self._text(path, depth)
        if text is None:
            return
        for number, statement in _statements(text):
            if len(self.faults) >= _MAX_FAULTS:
                return
            self._statement(statement, path, f"{path.name}:{number}", depth)

    def notes(self) -> list[Fault]:
        """What was passed over, in one note."""
        if not self.passed:
            return []
        what = ", ".join(f"{name} ({count})" for name, count in sorted(self.passed.items()))
        return [
            Fault(
                code="dss-passed-over",
                where="script",
                what=f"statements passed over, they do not describe the network: {what}",
                severity="note",
                rows=self.passed.total(),
            )
        ]

    def _statement(self, statement: str, path: Path, where: str, depth: int) -> None:
        first = re.split(r"[\s=]", statement, maxsplit=1)[0].lower()
        verb = "~" if statement.startswith("~") else _resolve(first, self._commands)
        rest = statement[len(first) :].strip()
        if verb in {"more", "m", "~"}:
            if not self._skipping:
                self._run(self._with_files(statement, path), where)
            return
        self._skipping = False
        if verb == "new":
            self._new(statement, path, where)
        elif verb == "set":
            self._set(rest, where)
        elif verb in _INCLUDES:
            self._include(rest, path, where, depth)
        elif verb in _PLACES:
            self._place(verb, rest, path, where)
        elif verb in REFUSED:
            remedy = "save the circuit as OpenDSS leaves it (save circuit) and read that"
            self._fault(
                where, f"gridplan does not follow {verb!r}, which changes the circuit", remedy
            )
        elif verb in FORWARDED or verb == "":
            self._run(self._with_files(statement, path), where)
        else:
            self.passed[verb] += 1

    def _new(self, statement: str, path: Path, where: str) -> None:
        match = _CLASS.match(re.sub(r"^\w+", "new", statement))
        kind = match.group(1).lower() if match else ""
        if match and kind in CURVES:
            self._run(f"new {kind}.{match.group(2)} npts=1", where)
            self._skipping = True
            self.passed["values of load shapes"] += 1
        elif kind in METERS:
            self._skipping = True
            self.passed[f"new {kind}"] += 1
        else:
            self._run(self._with_files(statement, path), where)

    def _set(self, rest: str, where: str) -> None:
        for name, value in _OPTION.findall(rest):
            option = _resolve(name.lower(), self._options)
            if option in OPTIONS:
                self._run(f"set {option}={value}", where)
            elif option:
                self.passed[f"set {option}"] += 1
            else:
                self._fault(where, f"{name!r} is no option of OpenDSS", "correct its spelling")

    def _include(self, rest: str, path: Path, where: str, depth: int) -> None:
        found = _file_beside(path, rest)
        if found is None:
            name = _unquoted(rest)
            self._fault(where, f"the file {name!r} does not exist", "put it beside the script")
        else:
            self.follow(found, depth + 1)

    def _place(self, verb: str, rest: str, path: Path, where: str) -> None:
        """Coordinates of buses, which the engine has to know by then: scripts solve before."""
        found = _file_beside(path, rest)
        if verb != "setbusxy" and found is None:
            self.passed[f"{verb} without its file"] += 1
            return
        self._run("makebuslist", where)
        self._run(f'{verb} "{found}"' if verb != "setbusxy" else f"{verb} {rest}", where)

    def _run(self, statement: str, where: str) -> None:
        from opendssdirect import DSSException

        try:
            self.engine.Text.Command(statement)
        except DSSException as error:
            remedy = "correct the script; OpenDSS itself refuses this statement"
            self._fault(where, " ".join(str(error.args[-1]).split()), remedy)

    def _fault(self, where: str, what: str, remedy: str) -> None:
        self.faults.append(Fault(code="dss-script", where=where, what=what, remedy=remedy))

    def _text(self, path: Path, depth: int) -> str | None:
        """Content of a script file, or a fault and None."""
        try:
            data = path.read_bytes()
        except OSError as error:
            self._fault(path.name, error.strerror or str(error), "give the path of a .dss file")
            return None
        self._read_bytes += len(data)
        if depth > _MAX_DEPTH or self._read_bytes > _MAX_BYTES:
            remedy = "redirect every file once"
            self._fault(path.name, "redirected too deep, or more than 64 MB in all", remedy)
            return None
        try:
            return data.decode("utf-8-sig")
        except UnicodeDecodeError:
            return data.decode("latin-1")

    def _with_files(self, statement: str, path: Path) -> str:
        """The statement with files that it names made absolute: the engine stays where it is."""

        def absolute(match: re.Match[str]) -> str:
            found = _file_beside(path, match.group(2))
            return match.group(1) + (str(found) if found else match.group(2))

        return _FILE.sub(absolute, statement)


def _names(get: Callable[[int], str], count: int) -> tuple[str, ...]:
    return tuple(get(number + 1).lower() for number in range(count))


def _resolve(word: str, names: tuple[str, ...]) -> str:
    """The command or option that a word stands for: OpenDSS takes any abbreviation, "" if none."""
    if word in names:
        return word
    return next((name for name in names if word and name.startswith(word)), "")


def _statements(text: str) -> Iterator[tuple[int, str]]:
    """Line numbers and statements, without comments."""
    inside = False
    for number, line in enumerate(text.splitlines(), start=1):
        bare = line.strip()
        if inside:
            inside = "*/" not in bare
            continue
        if bare.startswith("/*"):
            inside = "*/" not in bare
            continue
        bare = re.split(r"!|//", bare, maxsplit=1)[0].strip()
        if bare:
            yield number, bare


def _unquoted(text: str) -> str:
    bare = re.sub(r"^(?:file(?:name)?\s*=\s*)", "", text.strip(), flags=re.IGNORECASE)
    if bare[:1] in "\"'([{" and bare:
        return re.split(r"[\"')\]}]", bare[1:], maxsplit=1)[0].strip()
    return bare


def _file_beside(script: Path, text: str) -> Path | None:
    """The file that a script names: relative to it, either slash, any case; None if missing."""
    name = _unquoted(text).replace("\\", "/")
    if not name:
        return None
    found = script.parent / name
    if found.is_file():
        return found.resolve()
    folder = found.parent
    if folder.is_dir():
        same = [entry for entry in folder.iterdir() if entry.name.lower() == found.name.lower()]
        if same and same[0].is_file():
            return same[0].resolve()
    return None
