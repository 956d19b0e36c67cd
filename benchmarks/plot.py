"""The picture of ``docs/performance.md``: time per case by program and network."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl

from benchmarks.peers import own
from benchmarks.run import PEERS, NetworkResult

PICTURE = Path(__file__).resolve().parents[1] / "docs" / "images" / "performance.png"
#: Colours that stay apart for colour-blind readers (Okabe and Ito), and a shape each.
_STYLES = (("#0072B2", "o"), ("#D55E00", "s"), ("#009E73", "^"), ("#CC79A7", "D"))


def draw(results: Sequence[NetworkResult], path: Path = PICTURE) -> None:
    """Draw the time per case of every program on a logarithmic scale."""
    mpl.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(9, 4.5), dpi=120, layout="constrained")
    place = range(len(results))
    series = {own.NAME: [result.load_s for result in results]}
    series |= {name: [result.peers[name].seconds for result in results] for name in PEERS}
    for (name, seconds), (colour, marker) in zip(series.items(), _STYLES, strict=True):
        values = [1e6 * value for value in seconds]
        axes.plot(place, values, linestyle="", marker=marker, markersize=8, color=colour,
                  label=name)  # fmt: skip
    axes.plot(
        place, [1e6 * result.split.product_s for result in results], linestyle="", marker="_",
        markersize=16, color="black", label="bare matrix product",
    )  # fmt: skip
    axes.set_yscale("log")
    axes.set_ylabel("time per case [µs]")
    labels = [f"{r.network.title}\n{r.n_node} nodes\n{r.n_customer} customers" for r in results]
    axes.set_xticks(list(place), labels, fontsize=8)
    axes.grid(axis="y", which="major", color="0.85")
    axes.set_axisbelow(True)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    figure.legend(loc="outside upper center", ncols=len(series) + 1, frameon=False, fontsize=9)
    figure.savefig(path)
    plt.close(figure)
