"""What the pages say exists: files, commands, options, names, fields."""

from __future__ import annotations

import ast
import importlib.util
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import click
import pytest

import gridplan

ROOT = Path(__file__).parents[1]
PAGES = sorted(
    path
    for pattern in ("*.md", "docs/*.md", "networks/*/*.md", "scenarios/**/*.md", "scripts/*.md",
                    "notebooks/*.md", "notebooks/data/*/*.md",
                    "tests/validation/cases/*.md")
    for path in ROOT.glob(pattern)
)  # fmt: skip
FENCE = re.compile(r"^```(\w*)[^\n]*\n(.*?)^```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
SHELL = ("console", "sh", "bash", "shell", "powershell", "bat")


def page_id(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def blocks(text: str, *languages: str) -> Iterator[str]:
    for language, body in FENCE.findall(text):
        if language in languages:
            yield body


def shell_lines(text: str) -> Iterator[str]:
    """Command lines of shell blocks and of inline code."""
    for body in blocks(text, *SHELL):
        for line in body.replace("\\\n", " ").splitlines():
            yield line.strip().removeprefix("$ ")
    for code in re.findall(r"`([^`\n]+)`", FENCE.sub("", text)):
        yield code.strip()


def gridplan_calls(text: str) -> Iterator[list[str]]:
    """Arguments of every call of the command line that a page shows."""
    for line in shell_lines(text):
        match = re.match(r"(?:\S*[/\\])?gridplan(?:\.exe)?(?: +(.*))?$", line)
        if match and match.group(1):
            yield shlex.split(match.group(1).split(" #")[0].replace("\\", "/"))


def check_call(cli: click.Command, words: list[str]) -> str | None:
    """What is wrong with a call shown on a page, if anything."""
    command: click.Command = cli
    context = click.Context(cli)
    for position, word in enumerate(words):
        if isinstance(command, click.Group) and not word.startswith("-"):
            # "network check|draw" names several
            found = [command.get_command(context, name) for name in word.split("|")]
            if None in found:
                return f"no command {word!r} in: gridplan {' '.join(words)}"
            assert found[0] is not None
            command, context = found[0], click.Context(found[0], parent=context)
            if len(found) > 1:
                return None
            continue
        known = {name for option in command.params for name in option.opts + option.secondary_opts}
        for option in words[position:]:
            name = option.strip("[],").split("=")[0]
            if name.startswith("-") and name not in known | {"--help", "-h", "--version"}:
                return f"no option {name!r} in: gridplan {' '.join(words)}"
        return None
    return None


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_linked_files_exist(page: Path) -> None:
    missing = [
        target
        for target in LINK.findall(FENCE.sub("", page.read_text(encoding="utf-8")))
        if not re.match(r"[a-z]+:|#", target) and not (page.parent / target.split("#")[0]).exists()
    ]
    assert not missing, missing


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_commands_shown_exist(page: Path) -> None:
    from gridplan.cli.main import cli

    calls = list(gridplan_calls(page.read_text(encoding="utf-8")))
    wrong = [problem for words in calls if (problem := check_call(cli, words))]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_make_targets_shown_exist(page: Path) -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    shown = {
        match.group(1)
        for line in shell_lines(page.read_text(encoding="utf-8"))
        if (match := re.match(r"make (?:[A-Z]+=\S+ )*([a-z]+)\b", line))
    }
    assert shown <= targets


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_python_shown_uses_public_names(page: Path) -> None:
    for body in blocks(page.read_text(encoding="utf-8"), "python", "pycon"):
        lines = body.splitlines()
        if any(line.startswith(">>> ") for line in lines):
            lines = [line[4:] for line in lines if line.startswith((">>> ", "... "))]
        code = "\n".join(lines)
        ast.parse(code)
        unknown = set(re.findall(r"\bgp\.(\w+)", code)) - set(gridplan.__all__)
        assert not unknown, sorted(unknown)


def test_pages_were_found() -> None:
    assert {"CONTRIBUTING.md", "docs/architecture.md", "docs/glossary.md"} <= set(
        map(page_id, PAGES)
    )


def test_architecture_names_every_module_once_and_no_file_that_is_gone() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    package = ROOT / "gridplan"
    for module in sorted(package.glob("[!_]*.py")):
        assert f"`{module.name}`" in text, f"{module.name} has no row in the table of rooms"
    for room in sorted(path.parent.name for path in package.glob("*/__init__.py")):
        assert f"| `{room}/` |" in text, f"{room} has no row in the table of rooms"
        if room == "cli":
            continue
        heading = f"\n### `{room}/`\n"
        assert text.count(heading) == 1, f"{room} has no list of its modules"
        listed = text.split(heading)[1].split("\n#")[0]
        # what stands in brackets tells of the module before it
        names = re.findall(r"`(\w+)`", re.sub(r"\([^)]*\)", "", listed))
        modules = {path.stem for path in (package / room).glob("*.py")} - {"__init__"}
        assert sorted(names) == sorted(modules), f"{room}: each module once, and no other"


def test_method_counts_its_sections_and_cites_each_source_in_order() -> None:
    text = (ROOT / "docs" / "method.md").read_text(encoding="utf-8")
    body, sources = FENCE.sub("", text).split("\n## Sources\n")
    sections = [int(number) for number in re.findall(r"^## (\d+)\. ", body, re.MULTILINE)]
    assert sections == list(range(1, len(sections) + 1))
    pointed = {int(number) for number in re.findall(r"\bsection (\d+)", body)}
    assert pointed <= set(sections), f"no such section: {sorted(pointed - set(sections))}"
    listed = [int(number) for number in re.findall(r"^(\d+)\. ", sources, re.MULTILINE)]
    assert listed == list(range(1, len(listed) + 1))
    cited: list[int] = []
    for first, last in re.findall(r"\[(\d+)(?:(?:-|, )(\d+))?\]", body):
        cited += range(int(first), int(last or first) + 1)
    assert list(dict.fromkeys(cited)) == listed, (
        "number sources in the order of their first citation"
    )


def make_glossary() -> ModuleType:
    spec = importlib.util.spec_from_file_location(
        "make_glossary", ROOT / "scripts" / "make_glossary.py"
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_glossary_holds_every_public_field() -> None:
    script = make_glossary()
    text = script.GLOSSARY.read_text(encoding="utf-8")
    public = script.public_types()
    assert {"Feeder", "Customers", "SweepResult", "Certificate", "Limit"} <= public.keys()
    missing = [
        f"{name}.{field}"
        for name, cls in public.items()
        for field in script.annotations(cls)
        if f"`{field}`" not in text
    ]
    assert not missing, missing
    assert text == script.with_section(text), "out of date: run python scripts/make_glossary.py"
