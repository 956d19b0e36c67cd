"""The public surface: sorted, complete, described."""

from __future__ import annotations

import ast
import inspect
from pathlib import Path

import pytest

import gridplan


def test_names_are_sorted_and_unique() -> None:
    assert list(gridplan.__all__) == sorted(set(gridplan.__all__))


def test_type_checkers_and_interpreter_see_the_same_names() -> None:
    tree = ast.parse(Path(gridplan.__file__).read_text(encoding="utf-8"))
    block = next(node for node in tree.body if isinstance(node, ast.If))
    seen = {
        (alias.asname or alias.name): node.module
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert seen == {name: gridplan._HOME[name] for name in gridplan.__all__}


@pytest.mark.parametrize("name", gridplan.__all__)
def test_every_name_resolves_and_has_a_docstring(name: str) -> None:
    value = getattr(gridplan, name)
    assert value.__module__ == gridplan._HOME[name], "its home is where it is defined"
    text = inspect.getdoc(value)
    assert text, f"{name} has no docstring"
    generated = f"{name}("  # dataclass writes its signature where a docstring is missing
    assert not text.startswith(generated)


def test_every_public_method_has_a_docstring() -> None:
    classes = [
        value for name in gridplan.__all__ if inspect.isclass(value := getattr(gridplan, name))
    ]
    silent = [
        f"{value.__name__}.{member}"
        for value in classes
        for member, thing in vars(value).items()
        if not member.startswith("_")
        and (inspect.isfunction(thing) or isinstance(thing, property | classmethod | staticmethod))
        and not inspect.getdoc(thing)
    ]
    assert classes
    assert not silent, silent


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        _ = gridplan.nonsense


def test_dir_lists_the_public_names() -> None:
    assert set(gridplan.__all__) <= set(dir(gridplan))
