"""What labellings are compared by: what is left over the limits, and what gets likelier than today.

Works on ratios to the limits (..., row, scenario, draw), exact or estimated, of one labelling or of
many at once.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from gridplan.frozen import BoolArray, FloatArray, IntArray
from gridplan.measures.scoring import COVERED_SHARE, HARMLESS, TARGETS, Standing

#: Weight of the neutral current beside what is left over the limits.
_NEUTRAL = 0.01

#: Ratios to a limit: the kept cases stand for whole windows, so a draw that just breaks a rule in a
#: sweep may be at any of these in the kept cases.
LEVELS = (0.96, 0.98, 0.99, 1.01, 1.02, 1.04, 1.06, 1.1)

#: Rule and place of a row of a ``Standing``.
Row = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Yardstick:
    """Today's standing, in the form that others are compared with.

    Attributes
    ----------
    rows : rule and place of each row
    broken : int (row, scenario) -- draws that break each rule today
    covered : float (target, scenario) -- worst ratio over places that 95 % of the draws keep today
    strict : bool (row, scenario) -- where a sweep has shown that the kept cases are too kind: no
        more draws may be above any of ``LEVELS`` than today
    above : int (strict, level) -- draws above the levels today
    """

    rows: tuple[Row, ...]
    broken: IntArray
    covered: FloatArray
    strict: BoolArray
    above: IntArray

    @classmethod
    def of(cls, today: Standing, strict: BoolArray | None = None) -> Yardstick:
        """Take today's standing."""
        if strict is None:
            strict = np.zeros(today.ratio.shape[:2], dtype=np.bool_)
        return cls(
            rows=today.rows,
            broken=(today.ratio > 1).sum(axis=-1),
            covered=_covered(today.ratio, today.rows),
            strict=strict,
            above=_above(today.ratio[strict]),
        )

    def worth(
        self, ratio: npt.NDArray[np.floating], rows: tuple[Row, ...] | None = None
    ) -> tuple[FloatArray, FloatArray]:
        """Value and rises (...,) of ratios (..., row, scenario, draw), of all rows or of some.

        The value is what the targets that 95 % of the draws keep miss their limits by, summed over
        rules and scenarios, and a hundredth of the neutral's ratio. The rises are draws that break
        a rule and did not, less those that did and do not, where that is above 0, and one for each
        target that is further from its limit than today.
        """
        rows = self.rows if rows is None else rows
        at = np.array([self.rows.index(row) for row in rows])
        covered = _covered(ratio, rows)
        value = np.maximum(covered - 1, 0).sum(axis=(-1, -2))
        value = value + _NEUTRAL * covered[..., TARGETS.index("neutral"), :].max(axis=-1)
        more = (ratio > 1).sum(axis=-1) - self.broken[at]
        rises = np.maximum(more, 0).sum(axis=(-1, -2)).astype(np.float64)
        rises += (covered > np.maximum(self.covered, 0) + HARMLESS).sum(axis=(-1, -2))
        if self.strict.any():
            mine = self.strict[at]
            of_strict = np.full(self.strict.shape, -1)
            of_strict[self.strict] = np.arange(len(self.above))
            more = _above(ratio[..., mine, :]) - self.above[of_strict[at][mine]]
            rises += np.maximum(more, 0).max(axis=-1, initial=0).sum(axis=-1)
        return value, rises

    def changed(self, today: Standing, after: Standing) -> BoolArray:
        """Draws (scenario, draw) whose verdict changes in a row that gets likelier."""
        mine = after.ratio > 1
        risen = (mine.sum(axis=-1) > self.broken) | self.strict
        return np.asarray(((mine != (today.ratio > 1)) & risen[..., None]).any(axis=0))


def _above(ratio: npt.NDArray[np.floating]) -> IntArray:
    """Draws of ratios (..., draw) above each level (..., level)."""
    return np.stack([(ratio > level).sum(axis=-1) for level in LEVELS], axis=-1)


def left_over(standing: Standing) -> float:
    """By how much the covered targets miss their limits, summed over rules and scenarios."""
    return float(np.maximum(_covered(standing.ratio, standing.rows) - 1, 0).sum())


def deciding_draws(standings: list[Standing], share: float) -> BoolArray:
    """The draws (scenario, draw) that are worst in some target of some standing."""
    n_draw = standings[0].ratio.shape[-1]
    keep = np.zeros(standings[0].ratio.shape[1:], dtype=np.bool_)
    for one in standings:
        for rule in TARGETS:
            worst = one.ratio[one.rule == rule].max(axis=0)
            rank = np.argsort(np.argsort(-worst, axis=1, kind="stable"), axis=1, kind="stable")
            keep |= rank < math.ceil(share * n_draw)
    return keep


def _covered(ratio: npt.NDArray[np.floating], rows: tuple[Row, ...]) -> FloatArray:
    """Worst ratio over the places of each target that 95 % of the draws keep.

    (..., target, scenario).
    """
    n_draw = ratio.shape[-1]
    place = max(0, math.ceil(COVERED_SHARE * n_draw - 1e-9) - 1)
    out = []
    for rule in TARGETS:
        of_rule = [k for k, row in enumerate(rows) if row[0] == rule]
        if not of_rule:
            out.append(np.zeros((*ratio.shape[:-3], ratio.shape[-2])))
            continue
        part = ratio[..., of_rule, :, :]
        worst_place = np.partition(part, place, axis=-1)[..., place]
        out.append(worst_place.max(axis=-2))
    return np.stack(out, axis=-2)
