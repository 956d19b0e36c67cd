"""The order of the rooms, and what each of them may import: held from the first day."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import gridplan

PACKAGE = Path(gridplan.__file__).parent
MODULES = sorted(PACKAGE.rglob("*.py"))

#: A room imports only from rooms before it.
ROOMS = (
    "errors", "frozen", "wholefiles", "yamltext", "yamlmodel", "archives", "sheets", "celltext",
    "forms", "formfiles", "network", "demand", "powerflow", "assessment", "measures", "study",
    "outcome", "plan", "records", "exchange", "report", "cli",
)  # fmt: skip

#: Where a library may be imported: rooms, or files inside a room.
HOMES = {
    "pandapower": ("network/", "powerflow/reference.py", "exchange/pandapower_net.py"),
    "networkx": ("network/topology.py",),
    "matplotlib": ("report/",),
    "jinja2": ("report/",),
    "weasyprint": ("report/",),
    "click": ("cli/",),
    "rich_click": ("cli/",),
    "rich": ("cli/",),
    "sqlalchemy": ("records/",),
    "xlsxwriter": ("report/", "exchange/workbook.py"),
}
#: Where a library may not be imported, with the files that are excepted.
STRANGERS = {
    "pandas": (("powerflow/", "measures/"), ("powerflow/frames.py", "powerflow/reference.py")),
    "xarray": (("powerflow/", "measures/"), ("powerflow/frames.py",)),
}
HEAVY = (
    "pandapower", "pandas", "scipy", "matplotlib", "networkx", "ortools", "pydantic", "xarray",
    "sqlalchemy",
)  # fmt: skip
MAX_MODULE_LINES = 400
MAX_FUNCTION_LINES = 60


def relative(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


def room_of(path: Path) -> str:
    return relative(path).split("/")[0].removesuffix(".py")


def is_type_checking(node: ast.If) -> bool:
    return isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def run_time_nodes(node: ast.AST) -> Iterator[ast.AST]:
    """Every node that can be executed: what stands behind TYPE_CHECKING is for readers only."""
    yield node
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and is_type_checking(child):
            for other in child.orelse:
                yield from run_time_nodes(other)
        else:
            yield from run_time_nodes(child)


def imports_of(path: Path, *, on_load: bool = False) -> Iterator[tuple[int, str]]:
    """Line and dotted name of each run-time import, those inside functions included.

    ``on_load``: only those that happen when the module itself is loaded.
    """
    tree = ast.parse(path.read_text(encoding="utf-8"))
    if on_load:
        tree.body = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
    for node in run_time_nodes(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: relative import"
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)


def ids(path: Path) -> str:
    return relative(path)


def test_every_room_is_known() -> None:
    found = {room_of(path) for path in MODULES} - {"__init__"}
    assert found <= set(ROOMS), f"rooms without a place in the order: {sorted(found - set(ROOMS))}"


@pytest.mark.parametrize("path", [p for p in MODULES if room_of(p) != "__init__"], ids=ids)
def test_rooms_import_only_upwards(path: Path) -> None:
    own = ROOMS.index(room_of(path))
    wrong = []
    for line, name in imports_of(path):
        parts = name.split(".")
        if parts[0] != "gridplan":
            continue
        if parts[1] not in ROOMS:
            if name != "gridplan.__version__":
                wrong.append(f"line {line}: {name}: import it from its home module")
        elif ROOMS.index(parts[1]) > own:
            wrong.append(f"line {line}: {name} lies below {ROOMS[own]}")
    assert not wrong, "\n".join(wrong)


def test_no_import_cycles() -> None:
    names = {
        ".".join(("gridplan", *path.relative_to(PACKAGE).with_suffix("").parts)): path
        for path in MODULES
    }
    graph = {
        name: {
            target
            for _, imported in imports_of(path, on_load=True)
            for target in (imported, imported.rpartition(".")[0])
            if target in names and target != name
        }
        for name, path in names.items()
        if name != "gridplan.__init__"
    }
    # take modules that import nothing (more) away until none is left
    while free := {name for name, targets in graph.items() if not targets & graph.keys()}:
        graph = {name: targets for name, targets in graph.items() if name not in free}
    assert not graph, f"these modules import each other in a circle: {sorted(graph)}"


@pytest.mark.parametrize("path", MODULES, ids=ids)
def test_libraries_stay_in_their_rooms(path: Path) -> None:
    place = relative(path)
    wrong = []
    for line, name in imports_of(path):
        library = name.split(".")[0]
        homes = HOMES.get(library)
        if homes is not None and not place.startswith(homes):
            wrong.append(f"line {line}: {library} belongs in {', '.join(homes)}")
        if library in STRANGERS:
            rooms, excepted = STRANGERS[library]
            if place.startswith(rooms) and place not in excepted:
                wrong.append(f"line {line}: {library} does not enter {', '.join(rooms)}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("path", MODULES, ids=ids)
def test_modules_and_functions_are_small(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    lines = text.count("\n")
    assert lines <= MAX_MODULE_LINES, f"{lines} lines: which two modules is it?"
    long = [
        f"line {node.lineno}: {node.name} has {node.end_lineno - node.lineno + 1} lines"
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.end_lineno is not None
        and node.end_lineno - node.lineno + 1 > MAX_FUNCTION_LINES
    ]
    assert not long, "\n".join(long)


def test_no_public_name_is_a_room_or_module() -> None:
    modules = {path.stem for path in MODULES} | {path.parent.name for path in MODULES}
    clash = modules & set(gridplan.__all__)
    assert not clash, f"a name and a module: {sorted(clash)}"


def loaded_by(code: str) -> set[str]:
    """Top-level libraries that a fresh interpreter has loaded after ``code``."""
    report = "import sys; print('\\n' + ' '.join({name.split('.')[0] for name in sys.modules}))"
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\n{report}"], capture_output=True, text=True, check=True
    )
    return set(done.stdout.splitlines()[-1].split())


def test_importing_gridplan_loads_nothing_heavy() -> None:
    assert not loaded_by("import gridplan") & {*HEAVY, "numpy", "click"}


def test_help_loads_nothing_heavy() -> None:
    code = "from gridplan.cli.main import cli\ntry: cli(['--help'])\nexcept SystemExit: pass"
    assert not loaded_by(code) & {*HEAVY, "numpy"}
