"""Labels beside points of a picture, placed so that none covers another."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

import numpy as np

from gridplan.report.svg import INK

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from gridplan.frozen import FloatArray

_FONT_PT = 8.5
#: Mean width of a bold character over its height; wide enough for the fonts of the stack.
_CHARACTER = 0.68
_HEIGHT_PT = 17.0
#: Where a label may stand: left or right of its point, and how far above or below it [pt].
_BESIDE = ("right", "left")
_ABOVE_PT = (26.0, -26.0, 46.0, -46.0, 66.0, -66.0, 90.0, -90.0)

Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Label:
    """A text for a point: place (2,) in the picture's units, colour of frame and leader."""

    text: str
    place: FloatArray
    colour: str


def draw_labels(axes: Axes, labels: Sequence[Label], avoid: FloatArray) -> None:
    """Write each label at the first place in the axes that covers no other and no point to avoid.

    ``avoid`` are points (point, 2) in the picture's units.

    When all are taken, the first is used: a covered label beats a missing one.
    """
    if not labels or axes.figure is None:
        return
    axes.figure.draw_without_rendering()  # type: ignore[union-attr]  # settles the layout
    per_pt = axes.figure.dpi / 72
    points = axes.transData.transform(np.array([label.place for label in labels])) / per_pt
    taken = _boxes(axes.transData.transform(avoid) / per_pt) + _boxes(points)
    frame = np.array(axes.bbox.extents) / per_pt
    for label, point in zip(labels, points, strict=True):
        width = _CHARACTER * _FONT_PT * len(label.text) + 8
        shift, box = next(
            (
                (shift, box)
                for shift, box in _places(point, width)
                if _within(box, frame) and not _hits(box, taken)
            ),
            next(_places(point, width)),
        )
        taken.append(box)
        axes.annotate(
            label.text,
            (float(label.place[0]), float(label.place[1])),
            xytext=(shift[0] + math.copysign(width / 2 - 4, shift[0]), shift[1]),
            textcoords="offset points",
            # about its middle: on a page the reader's font is narrower than the one measured here
            ha="center",
            va="center",
            fontsize=_FONT_PT,
            fontweight="bold",
            color=INK,
            arrowprops={"arrowstyle": "-", "color": label.colour, "linewidth": 1.2},
            bbox={"boxstyle": "round,pad=0.25", "fc": "white", "ec": label.colour, "lw": 1.2},
            zorder=9,
        )


def _boxes(points: FloatArray) -> list[Box]:
    """Boxes around markers and the short names below them [pt]."""
    return [(x - 7, y - 8, x + 7, y + 7) for x, y in points.tolist()]


def _places(point: FloatArray, width: float) -> Iterator[tuple[tuple[float, float], Box]]:
    """Shifts from the point and the boxes they give [pt], nearest first."""
    for above, side in product(_ABOVE_PT, _BESIDE):
        shift = (14.0 if side == "right" else -14.0, above)
        left = point[0] + shift[0] - (0.0 if side == "right" else width)
        bottom = point[1] + above - _HEIGHT_PT / 2
        yield shift, (left, bottom, left + width, bottom + _HEIGHT_PT)


def _within(box: Box, frame: FloatArray) -> bool:
    left, bottom, right, top = box
    return bool(frame[0] <= left and frame[1] <= bottom and right <= frame[2] and top <= frame[3])


def _hits(box: Box, taken: Sequence[Box]) -> bool:
    left, bottom, right, top = box
    return any(
        left < other[2] and other[0] < right and bottom < other[3] and other[1] < top
        for other in taken
    )
