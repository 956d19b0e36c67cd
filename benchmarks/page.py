"""The tables of ``docs/performance.md``, between its two markers."""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Iterable, Sequence
from importlib.metadata import version
from pathlib import Path

from benchmarks.peers import pgm
from benchmarks.run import PEERS, NetworkResult

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "performance.md"
BEGIN, END = "<!-- written by make bench -->", "<!-- end of what make bench writes -->"
_PACKAGES = ("numpy", "numba", "scipy", "power-grid-model", "opendssdirect.py", "pandapower")


def write_page(results: Sequence[NetworkResult]) -> None:
    """Put the results between the markers of the page."""
    write_between(PAGE, BEGIN, END, tables(results))


def write_between(page: Path, begin: str, end: str, text: str) -> None:
    """Replace what stands between two markers of a page."""
    before, rest = page.read_text(encoding="utf-8").split(begin)
    after = rest.split(end)[1]
    page.write_text(f"{before}{begin}\n\n{text}\n{end}{after}", encoding="utf-8")


def tables(results: Sequence[NetworkResult]) -> str:
    """All tables with the machine that they were measured on."""
    parts = (
        _machine(),
        "### Time per case",
        _times(results),
        "### Largest voltage difference from gridplan",
        _differences(results),
        "### Against power-grid-model at its best",
        _goals(results),
        "### Where gridplan's time goes",
        _splits(results),
    )
    return "\n\n".join(parts) + "\n"


def _machine() -> str:
    versions = ", ".join(f"{name} {version(name)}" for name in _PACKAGES)
    return (
        f"Measured on {os.cpu_count()} cores of {_cpu()}, Python {platform.python_version()}, "
        f"{versions}."
    )


def _cpu() -> str:
    """The processor's model name."""
    info = Path("/proc/cpuinfo")
    found = re.search(r"^model name\s*: (.+)$", info.read_text(), re.M) if info.exists() else None
    return found.group(1).strip() if found else platform.processor() or platform.machine()


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table in Markdown, numbers to the right."""
    lines = [heads, ["---", *["---:"] * (len(heads) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def microseconds(seconds: float) -> str:
    """Microseconds with three digits."""
    value = seconds * 1e6
    if value >= 100:
        digits = len(str(int(value))) - 3
        return f"{round(value, -digits):,.0f}"
    return f"{value:.2f}" if value < 10 else f"{value:.1f}"


def _times(results: Sequence[NetworkResult]) -> str:
    rows = []
    for result in results:
        peers = [microseconds(result.peers[name].seconds) for name in PEERS]
        fastest_s = min(peer.seconds for peer in result.peers.values())
        ratios = [
            f"{seconds / own_s:.1f}"
            for own_s in (result.load_s, result.node_s)
            for seconds in (result.peers[pgm.NAME].seconds, fastest_s)
        ]
        size = f"{result.n_node} nodes, {result.n_customer} customers"
        rows += [
            [f"{result.network.title}, {size}", "a", microseconds(result.load_s), *peers,
             *ratios[:2]],
            ["", "b", microseconds(result.node_s), *peers, *ratios[2:]],
        ]  # fmt: skip
    heads = ["network", "row", "gridplan [µs]", *(f"{name} [µs]" for name in PEERS)]
    return table([*heads, "power-grid-model / gridplan", "fastest other / gridplan"], rows)


def _differences(results: Sequence[NetworkResult]) -> str:
    heads = ["network", "lowest voltage [pu]", "cases", "without solution"]
    heads += [f"{name}: {what} [pu]" for name in PEERS for what in ("loads", "nodes")]
    rows = []
    for result in results:
        found = [result.peers[name] for name in PEERS]
        differences = [f"{x:.0e}" for peer in found for x in (peer.load_pu, peer.node_pu)]
        rows.append(
            [result.network.title, f"{result.lowest_pu:.3f}", f"{result.n_case:,}",
             f"{result.unsolved:,}", *differences]
        )  # fmt: skip
    return table(heads, rows)


def _goals(results: Sequence[NetworkResult]) -> str:
    rows = []
    for result in results:
        goal = result.network.goal
        reached = "" if goal is None else "yes" if result.times_faster >= goal else "no"
        rows.append(
            [result.network.title, f"{result.times_faster:.1f}",
             "" if goal is None else f"{goal:g}", reached, result.peers[pgm.NAME].settings]
        )  # fmt: skip
    heads = ["network", "times faster (a)", "goal", "reached", "power-grid-model's best"]
    return table(heads, rows)


def _splits(results: Sequence[NetworkResult]) -> str:
    heads = [
        "network", "ports in clusters", "products single + double", "matrix product [µs]",
        "elementwise [µs]", "rest [µs]", "whole [µs]", "whole / matrix product",
        "reduction, once [ms]",
    ]  # fmt: skip
    rows = []
    for result in results:
        part = result.split
        rest = f"{part.rest_s * 1e6:.2f}"
        rows.append(
            [result.network.title, f"{part.n_port} in {part.n_cluster}",
             f"{part.n_single:.1f} + {part.n_double:.1f}",
             microseconds(part.product_s), microseconds(part.elementwise_s), rest,
             microseconds(part.total_s), f"{part.total_s / part.product_s:.1f}",
             f"{part.build_s * 1e3:.1f}"]
        )  # fmt: skip
    factors = [result.split.total_s / result.split.product_s for result in results]
    said = (
        f"Whole calls take {min(factors):.1f} to {max(factors):.1f} times as long as the bare "
        "matrix product."
    )
    return f"{table(heads, rows)}\n\n{said}"
