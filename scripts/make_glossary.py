"""Write the tables of public types in ``docs/glossary.md`` from the docstrings of the types.

    python scripts/make_glossary.py

A type is public when ``gridplan`` exports it or a field of a public type holds it. The text between
the two markers is replaced; ``tests/test_docs.py`` fails when it is out of date.
"""

from __future__ import annotations

import dataclasses
import importlib
import inspect
import pkgutil
import re
from pathlib import Path

from pydantic import BaseModel

import gridplan

GLOSSARY = Path(__file__).parents[1] / "docs" / "glossary.md"
BEGIN, END = "<!-- fields: begin -->", "<!-- fields: end -->"


def own_classes() -> dict[str, type]:
    """Every dataclass and settings model of the package that carries fields, by name."""
    found: dict[str, type] = {}
    for module in pkgutil.walk_packages(gridplan.__path__, "gridplan."):
        for name, thing in vars(importlib.import_module(module.name)).items():
            if (
                name.startswith("_")
                or not inspect.isclass(thing)
                or thing.__module__ != module.name
            ):
                continue
            if dataclasses.is_dataclass(thing) or issubclass(thing, BaseModel):
                found[name] = thing
    return found


def annotations(cls: type) -> dict[str, str]:
    """Public fields of a class with their annotations as text."""
    if dataclasses.is_dataclass(cls):
        pairs = [(field.name, str(field.type)) for field in dataclasses.fields(cls)]
    else:
        assert issubclass(cls, BaseModel)
        pairs = [(name, str(field.annotation)) for name, field in cls.model_fields.items()]
    return {name: text for name, text in pairs if not name.startswith("_")}


def public_types() -> dict[str, type]:
    """Types that a user of the package meets, exported ones and those inside them, by name."""
    classes = own_classes()
    waiting = sorted(set(gridplan.__all__) & classes.keys())
    public: dict[str, type] = {}
    while waiting:
        name = waiting.pop()
        if name in public:
            continue
        public[name] = classes[name]
        words = set(re.findall(r"\w+", " ".join(annotations(classes[name]).values())))
        waiting += sorted(words & classes.keys() - public.keys())
    return dict(sorted(public.items()))


def documented(cls: type) -> dict[str, str]:
    """What the Attributes section of a docstring says, by field name."""
    text = inspect.getdoc(cls) or ""
    _, found, section = text.partition("Attributes\n----------\n")
    entries: dict[str, str] = {}
    names: list[str] = []
    for line in section.split("\n") if found else []:
        if not line.strip():
            break
        if line.startswith(" "):
            for name in names:
                entries[name] += " " + line.strip()
            continue
        for part in line.split(";") if re.match(r"\w+ : [^;]*; \w+ :", line) else [line]:
            head, _, rest = part.strip().partition(" : ")
            names = [name.strip() for name in head.split(",")]
            entries.update(dict.fromkeys(names, rest.strip()))
    return entries


def table(cls: type) -> list[str]:
    """Heading, first sentence and field table of one type."""
    said = documented(cls)
    summary = (inspect.getdoc(cls) or "").split("\n\n")[0].replace("\n", " ")
    lines = [f"### {cls.__name__}", "", f"{summary} (`{cls.__module__}`)", ""]
    rows: dict[str, list[str]] = {}
    for name in annotations(cls):
        rows.setdefault(said.get(name, ""), []).append(f"`{name}`")
    lines += ["| field | shape, meaning, unit |", "|---|---|"]
    for meaning, names in rows.items():
        text = meaning.replace("|", "\\|").replace("``", "`").replace(" -- ", ": ")
        lines.append(f"| {', '.join(names)} | {text or 'as its name says'} |")
    return [*lines, ""]


def fields_section() -> str:
    """The generated part of the glossary, markers included."""
    lines = [line for cls in public_types().values() for line in table(cls)]
    return "\n".join([BEGIN, "", *lines, END])


def with_section(text: str) -> str:
    """Text of the glossary with the generated part renewed."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return before + fields_section() + after


if __name__ == "__main__":
    GLOSSARY.write_text(with_section(GLOSSARY.read_text(encoding="utf-8")), encoding="utf-8")
