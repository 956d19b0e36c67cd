"""What is known before measures are drawn up: the state to improve, where and when it fails."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gridplan.assessment.durations import steps_of
from gridplan.assessment.findings import Finding, Findings, Kind
from gridplan.assessment.limits import Limits
from gridplan.demand.cases import Demand
from gridplan.frozen import BoolArray, FloatArray, IntArray
from gridplan.measures.nearness import nearness
from gridplan.measures.settings import MeasureSettings
from gridplan.measures.worstdays import Days
from gridplan.network.feeder import Feeder
from gridplan.powerflow.results import SweepResult

#: Draws whose peaks say where the current flows when conductors and homes are chosen.
_PEAK_DRAWS = 8


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Situation:
    """A state of the area that still breaks rules: what measures start from.

    Attributes
    ----------
    feeder, demand : the state, and what its customers draw over the whole study
    sweep, findings : all its cases, and what is wrong in them
    limits, settings : of the study
    pending : scenarios with something to act on
    peak_kw, peak_kvar : float (customer,) -- mean demand at the peaks of the first draws, in the
        heaviest scenario [kW, kvar]
    """

    feeder: Feeder
    demand: Demand
    sweep: SweepResult
    findings: Findings
    limits: Limits
    settings: MeasureSettings
    pending: tuple[str, ...]
    peak_kw: FloatArray
    peak_kvar: FloatArray

    @classmethod
    def of(
        cls,
        feeder: Feeder,
        demand: Demand,
        sweep: SweepResult,
        findings: Findings,
        limits: Limits,
        settings: MeasureSettings,
    ) -> Situation:
        """Work out what is pending, and where the current flows at the peak."""
        accepted = settings.accept_probability
        pending = tuple(name for name in demand.scenarios if to_act(findings, name, accepted))
        peak_kw, peak_kvar = _at_peak(demand)
        return cls(
            feeder=feeder,
            demand=demand,
            sweep=sweep,
            findings=findings,
            limits=limits,
            settings=settings,
            pending=pending,
            peak_kw=peak_kw,
            peak_kvar=peak_kvar,
        )

    @property
    def open(self) -> tuple[Finding, ...]:
        """Findings to act on that are likelier than the study accepts, in all scenarios."""
        accepted = self.settings.accept_probability
        return tuple(
            item for name in self.pending for item in to_act(self.findings, name, accepted)
        )

    def has(self, *kinds: Kind) -> bool:
        """Whether a finding of one of these kinds is open."""
        return any(item.kind in kinds for item in self.open)

    @property
    def circuit_of(self) -> IntArray:
        """Outgoing circuit of each customer (customer,), -1 at the busbar."""
        return self.feeder.customer_circuit

    def worst_circuit(self) -> int:
        """The circuit with the likeliest open finding of its own, else the heaviest one."""
        names = self.feeder.circuits.name.tolist()
        own = [
            (item.probability, names.index(item.element.split("/")[0]))
            for item in self.open
            if item.element.split("/")[0] in names
        ]
        if own:
            return max(own)[1]
        load = [self.peak_kw[self.circuit_of == c].sum() for c in range(len(names))]
        return int(np.argmax(load))

    def broken(self) -> BoolArray:
        """In which steps of which draws a rule to act on is above its limit, long enough.

        bool (scenario pending, draw, step); a run counts where it lasts for the rule's hours.
        """
        rows = [self.sweep.scenarios.index(name) for name in self.pending]
        found = np.zeros((len(rows), *self.sweep.status.shape[1:]), dtype=bool)
        for rule in nearness(self.sweep, self.feeder.area_transformer, self.limits):
            if rule.act:
                asked = steps_of(rule.hours, self.sweep.step_minutes)
                window = min(asked, self.sweep.status.shape[-1])
                found |= _long_enough(rule.value[rows] > 1.0, window)
        return found

    def days(self) -> Days:
        """The period by days."""
        return Days.of(self.sweep)


def to_act(findings: Findings, scenario: str, accepted: float) -> tuple[Finding, ...]:
    """Findings to act on in a scenario that are likelier than the study accepts."""
    return tuple(item for item in findings.of(scenario, "act") if item.probability > accepted)


def hours_of(situation: Situation, broken: BoolArray) -> tuple[float, float] | None:
    """First and last hour of the day between which rules are broken, whole hours; None if never.

    Of all steps that are broken one in fifty may lie outside. Hours past midnight count on, from
    the hour at which days begin.
    """
    days = situation.days()
    by_day = np.append(broken.mean(axis=(0, 1)), 0.0)[days.steps]
    share = by_day.sum(axis=0)
    if not share.sum():
        return None
    running = np.cumsum(share) / share.sum()
    first = int(np.argmax(running > 0.01))
    last = int(np.argmax(running >= 0.99))
    width = situation.sweep.step_minutes / 60
    begin = np.floor(days.cut_h + first * width)
    return float(begin), float(np.ceil(days.cut_h + (last + 1) * width))


def _long_enough(above: BoolArray, window: int) -> BoolArray:
    """Steps of runs of at least ``window`` steps (..., step)."""
    if window <= 1:
        return above
    views = np.lib.stride_tricks.sliding_window_view(above, window, axis=-1).all(axis=-1)
    found = np.zeros_like(above)
    for shift in range(window):
        found[..., shift : shift + views.shape[-1]] |= views
    return found


def _at_peak(demand: Demand) -> tuple[FloatArray, FloatArray]:
    """Demand (customer,) at the peaks of the first draws, in the heaviest scenario."""
    p_kw, q_kvar = demand.block(0, min(_PEAK_DRAWS, demand.n_draw))
    step = p_kw.sum(axis=1).argmax(axis=-1)
    means = [
        np.take_along_axis(part, step[:, None, :, None], axis=-1)[..., 0].mean(axis=-1)
        for part in (p_kw, q_kvar)
    ]
    scenario = int(means[0].sum(axis=1).argmax())
    at_peak = [np.asarray(part[scenario], dtype=np.float64) for part in means]
    return at_peak[0], at_peak[1]
