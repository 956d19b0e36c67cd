"""YAML files that a pydantic model describes: read whole, with every mistake shown at its line."""

from __future__ import annotations

import difflib
import types
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError, ValidationInfo
from pydantic_core import ErrorDetails, PydanticCustomError

from gridplan.errors import Fault, StudyError
from gridplan.yamltext import Location, read_yaml

Model = TypeVar("Model", bound=BaseModel)


def read_model(
    path: Path, model: type[Model], context: Callable[[dict[str, Any]], dict[str, Any]] = dict
) -> tuple[Model, dict[Location, int]]:
    """Read a file as a model.

    Parameters
    ----------
    path : file with a mapping
    model : what it may hold
    context : makes the context of the model's validators from what the file holds

    Returns
    -------
    tuple
        The model, and the line of every key by its path in the file.

    Raises
    ------
    StudyError
        with every mistake of the file, each as file:line
    """
    data, lines, faults = read_yaml(path)
    found = None
    try:
        found = model.model_validate(data, context=context(data))
    except ValidationError as error:
        for detail in error.errors(include_url=False):
            faults.extend(_faults_of(detail, path, lines, model))
    if faults or found is None:
        faults.sort(key=lambda fault: int(fault.where.rpartition(":")[2]))
        raise StudyError(str(path), faults)
    return found, lines


def file_beside(text: str | None, info: ValidationInfo) -> str | None:
    """For validators: the name of a file that stands in the context's ``folder``."""
    folder = (info.context or {}).get("folder")
    if text is not None and folder is not None and not (folder / text).is_file():
        raise ValueError(f"there is no file {text!r} beside the study file")
    return text


def refused(what: str, faults: tuple[Fault, ...]) -> PydanticCustomError:
    """What a validator raises whose value has faults of its own.

    The place of a fault is a key inside the value, or a line of another file: ``file:line``.
    """
    return PydanticCustomError("faults", "wrong {what}", {"what": what, "faults": faults})


def line_of(location: Location, lines: Mapping[Location, int]) -> int:
    """Line of a key, or of the nearest one above it."""
    while location not in lines:
        location = location[:-1]
    return lines[location]


def _faults_of(
    detail: ErrorDetails, path: Path, lines: Mapping[Location, int], model: type[BaseModel]
) -> Iterator[Fault]:
    """Faults in the words of the file."""
    location = detail["loc"]
    where = f"{path.name}:{line_of(location, lines)}"
    key = ".".join(map(str, location)) or "the file"
    inner = detail.get("ctx", {}).get("faults")
    if inner is not None:
        for fault in inner:
            yield _inner_fault(fault, location, path, lines)
    elif detail["type"] == "extra_forbidden":
        remedy = _near(location, model)
        yield Fault(code="study-key", where=where, what=f"unknown key {key}", remedy=remedy)
    elif detail["type"] == "missing":
        remedy = "add it"
        yield Fault(code="study-missing", where=where, what=f"{key} is missing", remedy=remedy)
    else:
        message = detail["msg"].removeprefix("Value error, ").removeprefix("Input should be ")
        expected = detail["msg"].startswith("Input should be ")
        what = f"{key} is {detail['input']!r}" if expected else f"{key}: {message}"
        remedy = f"write {message}" if expected else ""
        yield Fault(code="study-value", where=where, what=what, remedy=remedy)


def _inner_fault(
    fault: Fault, location: Location, path: Path, lines: Mapping[Location, int]
) -> Fault:
    """A fault inside a value, at its own line; one of another file as it is, with the key."""
    key, elsewhere = ".".join(map(str, location)), fault.where.rpartition(":")[2].isdigit()
    line = line_of(location if elsewhere else (*location, fault.where), lines)
    what = f"{key}: {fault.where}: {fault.what}"
    return Fault(code=fault.code, where=f"{path.name}:{line}", what=what, remedy=fault.remedy)


def _near(location: Location, model: Any) -> str:
    """The known key that an unknown one looks like, or the known ones."""
    for key in location[:-1]:
        model = _inside(model, key)
    known = list(model.model_fields)
    close = difflib.get_close_matches(str(location[-1]), known, n=1)
    return f"did you mean {close[0]}?" if close else f"known here are {', '.join(known)}"


def _inside(model: Any, key: int | str) -> Any:
    """Type of a key's value, without Optional; for mappings and lists the type of their values."""
    of_values = {dict: 1, list: 0, tuple: 0}.get(get_origin(model))
    kind = model.model_fields[key].annotation if of_values is None else get_args(model)[of_values]
    if get_origin(kind) in (Union, types.UnionType):
        kind = next(part for part in get_args(kind) if part is not type(None))
    return kind
