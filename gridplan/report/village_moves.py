"""Moves in the picture of a village: arrows to the letters of new phases, with their labels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from gridplan.report.labels import Label, draw_labels
from gridplan.report.svg import INK, PHASE_COLOURS

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from gridplan.frozen import FloatArray
    from gridplan.measures.proposal import Move

_MAX_LABELLED_MOVES = 25
#: Where the letter of the new phase stands, right and below of its home [pt].
_ARROW_PT = (13.0, -12.0)


def draw_moves(
    axes: Axes, moves: Sequence[Move], places: dict[str, FloatArray], avoid: FloatArray
) -> None:
    """An arrow from each home that moves to the letter of its new phase; a label per unit.

    ``places`` are those of customers by their id; labels keep off ``avoid`` (point, 2).
    """
    labels: list[Label] = []
    tips: list[FloatArray] = []
    for move in moves:
        homes = np.array([places[name] for name in move.customer_ids])
        colour = dict(zip("abc", PHASE_COLOURS, strict=True)).get(move.to_phase, INK)
        for home in homes:
            _draw_arrow(axes, home, move.to_phase.upper(), colour)
        tips.append(homes)
        if len(labels) < _MAX_LABELLED_MOVES:
            text = f"{move.order}. {move.unit}: {move.from_phase} → {move.to_phase}"
            middle = int(np.argmin(np.linalg.norm(homes - homes.mean(axis=0), axis=1)))
            labels.append(Label(text=text, place=homes[middle], colour=colour))
    ends = [_arrow_ends(axes, homes) for homes in tips]
    draw_labels(axes, labels, np.vstack([avoid, *ends]))


def _draw_arrow(axes: Axes, home: FloatArray, letter: str, colour: str) -> None:
    axes.annotate(
        letter,
        (float(home[0]), float(home[1])),
        xytext=_ARROW_PT,
        textcoords="offset points",
        ha="center",
        va="center",
        fontsize=7,
        fontweight="bold",
        color="white",
        bbox={"boxstyle": "circle,pad=0.18", "fc": colour, "ec": "white", "lw": 0.8},
        arrowprops={"arrowstyle": "<|-", "color": colour, "lw": 1.8, "shrinkA": 0, "shrinkB": 2,
                    "mutation_scale": 9},
        zorder=8,
    )  # fmt: skip


def _arrow_ends(axes: Axes, homes: FloatArray) -> FloatArray:
    """Where the letters of arrows stand, in the picture's units, for labels to avoid them."""
    if axes.figure is None:
        return homes
    axes.figure.draw_without_rendering()  # type: ignore[union-attr]  # settles the layout
    shift = np.array(_ARROW_PT) * axes.figure.dpi / 72
    ends = axes.transData.inverted().transform(axes.transData.transform(homes) + shift)
    return np.asarray(ends)
