"""Protection in series: which element between transformer and meter gives way first, by phase."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from gridplan.assessment.breaches import Values, plain
from gridplan.assessment.transformer import TransformerSeries
from gridplan.frozen import FloatArray
from gridplan.network.customers import PHASES
from gridplan.powerflow.results import Elements, SweepResult

#: Share of the draws whose peaks an element is ranked by: the convention of planning.
_COVERED = 0.95


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Chain:
    """Peaks of everything in series in one scenario, at the 95th percentile over the draws.

    Attributes
    ----------
    elements : fuses or breakers, lines, neutrals, service drops, meters
    phase_percent : (element, 3) -- over the rating [%], infinite without a solution
    neutral_percent : (element,) -- the same of neutrals, 0 for others [%]
    winding_percent : (3,) -- phase load of the transformer [%]
    """

    elements: Elements
    phase_percent: FloatArray
    neutral_percent: FloatArray
    winding_percent: FloatArray

    @classmethod
    def of(cls, series: TransformerSeries, sweep: SweepResult, scenario: int) -> Chain:
        """Take the peaks out of a sweep."""
        is_neutral = sweep.elements.kind == "neutral"
        by_phase = _covered(sweep.element_phase_percent[scenario])
        return cls(
            elements=sweep.elements,
            phase_percent=np.where(is_neutral[:, None], 0.0, by_phase),
            neutral_percent=np.where(
                is_neutral, _covered(sweep.element_max_percent[scenario]), 0.0
            ),
            winding_percent=_covered(series.peak_percent),
        )

    def by_phase(self, circuit: int | None = None) -> dict[str, Any]:
        """The weakest element of each phase and of the neutral, as evidence.

        Parameters
        ----------
        circuit : on the way to the customers of this outgoing circuit; None: of any
        """
        own = np.flatnonzero((self.elements.circuit == circuit) | (circuit is None))
        found: dict[str, Any] = {}
        for position, phase in enumerate(PHASES):
            percent = self.phase_percent[own, position]
            winding = float(self.winding_percent[position])
            if len(own) and percent.max() > winding:
                found[phase] = self._named(int(own[percent.argmax()]), float(percent.max()))
            else:
                found[phase] = {"element": "transformer", "percent": plain(winding, 1)}
        neutral = self.neutral_percent[own]
        if neutral.any():
            found["n"] = self._named(int(own[neutral.argmax()]), float(neutral.max()))
        return found

    def _named(self, element: int, percent: float) -> dict[str, Any]:
        kind, name = str(self.elements.kind[element]), str(self.elements.name[element])
        return {"element": f"{kind} {name}", "percent": plain(percent, 1)}


def _covered(peaks: npt.NDArray[np.floating]) -> FloatArray:
    """95th percentile over the draws, the first axis; a draw without a solution is above all."""
    filled: Values = np.where(np.isnan(peaks), np.inf, peaks)
    return np.asarray(
        np.quantile(filled, _COVERED, axis=0, method="inverted_cdf"), dtype=np.float64
    )
