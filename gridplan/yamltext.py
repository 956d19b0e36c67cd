"""YAML as plain data with the line of every key; no tags, anchors, aliases, duplicate keys."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import AliasEvent, CollectionEndEvent, CollectionStartEvent, NodeEvent
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from gridplan.errors import Fault, StudyError

Location = tuple[int | str, ...]

MAX_BYTES = 1_000_000  #: a study has some hundred lines
MAX_DEPTH = 20  #: and no more than five levels


def read_yaml(path: Path) -> tuple[dict[str, Any], dict[Location, int], list[Fault]]:
    """Read a mapping.

    Returns
    -------
    tuple
        The data, the line of every key and item by its path in the data (the empty path is
        line 1), and the faults that leave the data readable.

    Raises
    ------
    StudyError
        The file cannot be read at all.
    """
    text = _text(path)
    faults: list[Fault] = []
    try:
        _refuse_references(text, path, faults)
        node = YAML(typ="safe", pure=True).compose(text) if not faults else None
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise _refusal(path, line, f"not YAML: {error.problem}") from error
    except YAMLError as error:
        raise _refusal(path, 1, "not YAML: a character that text does not have") from error
    if faults:
        raise StudyError(str(path), faults)
    if not isinstance(node, MappingNode):
        raise _refusal(path, 1, "holds no mapping of keys to values")
    lines: dict[Location, int] = {(): 1}
    return _Plain(path, lines, faults).mapping(node, ()), lines, faults


def _text(path: Path) -> str:
    """Content of the file."""
    try:
        data = path.read_bytes()
    except OSError as error:
        what, remedy = f"cannot be read: {error.strerror}", ""
        if isinstance(error, FileNotFoundError):
            what, remedy = "there is no such file", "check the path"
        elif path.is_dir():
            what, remedy = "is a folder", "name the YAML file itself"
            if (path / "network.json").is_file():
                what, remedy = "is a network", "name the network first, then the YAML file"
        fault = Fault(code="study-missing", where=str(path), what=what, remedy=remedy)
        raise StudyError(str(path), [fault]) from error
    if len(data) > MAX_BYTES:
        raise _refusal(path, 1, f"has {len(data)} bytes, more than {MAX_BYTES}")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise _refusal(path, line, "not UTF-8 text") from error


def _refusal(path: Path, line: int, what: str) -> StudyError:
    return StudyError(str(path), [Fault(code="study-yaml", where=f"{path.name}:{line}", what=what)])


def _refuse_references(text: str, path: Path, faults: list[Fault]) -> None:
    """Anchors, aliases and tags make a file a program; a study is data, and it is shallow."""
    depth = 0
    for event in YAML(typ="safe", pure=True).parse(text):
        depth += isinstance(event, CollectionStartEvent) - isinstance(event, CollectionEndEvent)
        if depth > MAX_DEPTH:
            raise _refusal(path, event.start_mark.line + 1, "nested too deeply")
        found = ""
        if isinstance(event, AliasEvent):
            found = "an alias (*)"
        elif isinstance(event, NodeEvent) and event.anchor is not None:
            found = "an anchor (&)"
        elif getattr(event, "tag", None) is not None:
            found = "a tag (!)"
        if found:
            where = f"{path.name}:{event.start_mark.line + 1}"
            faults.append(
                Fault(
                    code="study-yaml",
                    where=where,
                    what=f"{found} is not allowed",
                    remedy="write the value",
                )
            )


class _Plain:
    """Turns nodes into plain data and writes down lines and duplicate keys."""

    def __init__(self, path: Path, lines: dict[Location, int], faults: list[Fault]) -> None:
        self._path, self._lines, self._faults = path, lines, faults
        self._scalars = YAML(typ="safe", pure=True).constructor

    def mapping(self, node: MappingNode, at: Location) -> dict[str, Any]:
        """Mapping with the first of duplicate keys."""
        result: dict[str, Any] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, ScalarNode):
                self._fault("study-key", line, "a key must be a word")
                continue
            key = str(key_node.value)
            if key in result:
                self._fault(
                    "study-duplicate",
                    line,
                    f"key {key} already stands at line {self._lines[(*at, key)]}",
                )
                continue
            self._lines[(*at, key)] = line
            result[key] = self.value(value_node, (*at, key))
        return result

    def value(self, node: Node, at: Location) -> Any:
        """Plain value of any node."""
        if isinstance(node, MappingNode):
            return self.mapping(node, at)
        if isinstance(node, SequenceNode):
            for index, item in enumerate(node.value):
                self._lines[(*at, index)] = item.start_mark.line + 1
            return [self.value(item, (*at, index)) for index, item in enumerate(node.value)]
        try:
            return self._scalars.construct_object(node)
        except (YAMLError, ValueError) as error:
            self._fault(
                "study-value", node.start_mark.line + 1, f"{node.value!r} is not a value: {error}"
            )
            return node.value

    def _fault(self, code: str, line: int, what: str) -> None:
        self._faults.append(Fault(code=code, where=f"{self._path.name}:{line}", what=what))
