"""What is lacking where a rule is broken: by how much, in kVA, A or V, at which element."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from gridplan.assessment.durations import lasts, steps_of
from gridplan.assessment.findings import Finding, Kind
from gridplan.frozen import FloatArray, IntArray
from gridplan.network.feeder import Feeder
from gridplan.powerflow.results import SweepResult

_RATE = (Kind.OVERLOAD, Kind.HEAVY_LOAD, Kind.SERIOUS_OVERLOAD)
_PHASE = (Kind.PHASE_OVERLOAD, Kind.PHASE_PEAK)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lack:
    """One rule that a state breaks too often.

    Attributes
    ----------
    kind, scenario, element, phase : of the finding
    place : what gives way: transformer, a customer, a named line, fuse, meter
    today, probability : share of the draws that break the rule today, and in the state
    short, unit : what would have to be there more, so that no more draws break the rule than is
        accepted [kVA, A, V, or the rule's own unit]; at least, where a case has no solution
    """

    kind: str
    scenario: str
    element: str
    phase: str | None
    place: str
    today: float
    probability: float
    short: float
    unit: str

    @property
    def sentence(self) -> str:
        """One line for people."""
        kind, scenario = (text.replace("_", " ") for text in (self.kind, self.scenario))
        where = self.place
        if self.phase == "n":
            where = f"the neutral of {self.place}"
        elif self.phase is not None:
            where = f"{self.place}, phase {self.phase}"
        short = f"short of {self.short:.3g} {self.unit}" if self.short > 0 else "beyond its limit"
        share = f"{100 * self.probability:.0f} %"
        if self.kind == Kind.NO_SOLUTION.value:
            share = f"at least {share}"  # some draws are enough to be sure
        return (
            f"{where} is {short} ({kind}, {scenario}: {share} of the draws, "
            f"today {100 * self.today:.0f} %)"
        )

    def to_record(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {**asdict(self), "sentence": self.sentence}


def lack_of(
    finding: Finding,
    feeder: Feeder,
    sweep: SweepResult,
    *,
    today: float,
    accepted: float,
) -> Lack:
    """Say by how much the state that was swept misses the rule of a finding.

    Judged at the draw that decides: no more than ``accepted`` of them are worse. Kinds that are
    neither current, load nor voltage are short by the finding's worst value, in its own unit.
    """
    row = sweep.scenarios.index(finding.scenario)
    trafo, limit = feeder.area_transformer, finding.limit
    place, unit = finding.element, limit.unit
    window = min(steps_of(limit.min_duration_h, sweep.step_minutes), sweep.status.shape[-1])
    if finding.kind in _RATE:
        rated_kva = trafo.parallel * trafo.sn_kva
        values = _sustained(sweep.s_kva[row], window)
        short, unit = _decided(values, accepted) - limit.value / 100 * rated_kva, "kVA"
    elif finding.kind in _PHASE:
        values = _sustained(np.moveaxis(sweep.i_phase_a[row], -1, 0), window).max(axis=0)
        short, unit = _decided(values, accepted) - limit.value / 100 * trafo.rated_a, "A"
    elif finding.kind is Kind.NEUTRAL_OVERLOAD:
        values = _sustained(sweep.i_neutral_a[row], window)
        short, unit = _decided(values, accepted) - limit.value / 100 * trafo.rated_a, "A"
    elif finding.kind is Kind.LOW_VOLTAGE:
        place, short = _voltage(finding, feeder, sweep, row, accepted)
        unit = "V"
    elif finding.kind is Kind.CURRENT_LIMIT:
        place, short = _element(finding, feeder, sweep, row, accepted)
        unit = "A"
    else:
        short = finding.worst - limit.value
    return Lack(
        kind=finding.kind.value,
        scenario=finding.scenario,
        element=finding.element,
        phase=finding.phase,
        place=place,
        today=today,
        probability=finding.probability,
        short=max(0.0, float(np.nan_to_num(short))),
        unit=unit,
    )


def _sustained(values: npt.NDArray[np.floating], window: int) -> FloatArray:
    """What each draw holds for ``window`` steps on end (..., draw); unsolved steps are infinite."""
    known = np.where(np.isfinite(values), values, np.inf)
    runs = np.lib.stride_tricks.sliding_window_view(known, window, axis=-1).min(axis=-1)
    return np.asarray(runs.max(axis=-1), dtype=np.float64)


def _decided(values: FloatArray, accepted: float) -> float:
    """The value (draw,) that no more than ``accepted`` of the draws are above.

    Of draws without a solution the highest that has one.
    """
    solved = values[np.isfinite(values)]
    if not solved.size:
        return 0.0
    rank = int(np.floor(accepted * len(values) + 1e-9))
    return float(np.sort(np.where(np.isfinite(values), values, solved.max()))[::-1][rank])


def _members(circuit: IntArray, feeder: Feeder, name: str) -> IntArray:
    """What belongs to the outgoing circuit that a finding names."""
    names = feeder.circuits.name.tolist()
    return np.flatnonzero(circuit == (names.index(name) if name in names else -1))


def _voltage(
    finding: Finding, feeder: Feeder, sweep: SweepResult, row: int, accepted: float
) -> tuple[str, float]:
    """The customer whose voltage is too low most often, and the volts that are lacking."""
    own = _members(sweep.customer_circuit, feeder, finding.element)
    long_enough = lasts(sweep.low_run_h[row][:, own], finding.limit.min_duration_h)
    lowest = np.where(long_enough, sweep.customer_v_min_v[row][:, own], np.inf)
    lack = finding.limit.value - np.nan_to_num(lowest.min(axis=1), nan=0.0, posinf=np.inf)
    worst = int(own[long_enough.mean(axis=0).argmax()])
    short = _decided(np.where(np.isfinite(lack), lack, 0.0), accepted)
    return f"{sweep.customer_ids[worst]} on {finding.element}", short


def _element(
    finding: Finding, feeder: Feeder, sweep: SweepResult, row: int, accepted: float
) -> tuple[str, float]:
    """The element in series that is beyond its rating most often, and the ampere above it."""
    name, _, kind = finding.element.rpartition("/")
    elements = sweep.elements
    of_kind = np.flatnonzero(elements.kind == kind)
    own = of_kind[np.isin(of_kind, _members(elements.circuit, feeder, name))]
    long_enough = lasts(sweep.element_run_h[row][:, own], finding.limit.min_duration_h)
    worst = int(own[long_enough.mean(axis=0).argmax()])
    percent = np.where(
        lasts(sweep.element_run_h[row][:, worst], finding.limit.min_duration_h),
        sweep.element_max_percent[row][:, worst],
        0.0,
    )
    above_a = (_decided(percent, accepted) / 100 - 1) * float(elements.limit_a[worst])
    return f"{kind} {elements.name[worst]}", above_a
