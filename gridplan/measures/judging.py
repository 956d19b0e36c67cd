"""Areas swept and judged: findings of all of them together, and the figures that sum them up."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from gridplan.assessment.breaches import Breach
from gridplan.assessment.circuits import circuit_breaches
from gridplan.assessment.figures import peak_figures
from gridplan.assessment.findings import Finding, Findings, Kind
from gridplan.assessment.limits import Limits
from gridplan.assessment.rules import assess
from gridplan.assessment.supply import (
    can_judge_voltage_unbalance,
    leakage_findings,
    voltage_unbalance,
)
from gridplan.assessment.transformer import TransformerSeries, transformer_breaches
from gridplan.assessment.weakest import Chain
from gridplan.demand.intervals import wilson_interval
from gridplan.measures.demands import only_when
from gridplan.measures.measure import Area
from gridplan.measures.worstdays import WorstDays
from gridplan.network.feeder import Feeder
from gridplan.powerflow.results import Status, SweepResult
from gridplan.powerflow.sweep import Watch, run_sweep

#: Rules of a transformer that hold for a generator too: its rating, a winding, solvability. How
#: unbalanced it may run is its maker's to say; ``generator.py`` sizes it on the worst phase. The
#: loading guide is of oil and paper, so temperatures are not judged.
_GENERATOR_KINDS = (
    Kind.OVERLOAD, Kind.SERIOUS_OVERLOAD, Kind.PHASE_OVERLOAD, Kind.PHASE_PEAK, Kind.NO_SOLUTION,
)  # fmt: skip
#: What an island's findings call its source.
GENERATOR = "generator"


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """Findings of some areas and the figures of the study's own.

    Attributes
    ----------
    findings : of all areas; elements of the others have the area's name before them
    headline : per scenario, of the study's area, see ``figures_of``; the lowest voltage is that of
        all areas
    cases : number of cases swept
    """

    findings: Findings
    headline: dict[str, dict[str, float]]
    cases: int


def swept(area: Area, limits: Limits, days: WorstDays | None = None) -> SweepResult:
    """Sweep one area against the voltage band of the limits, in the steps that it is active."""
    demand = area.demand
    if area.active is not None:
        steps = area.active if days is None else days.active(area.active)
        demand = only_when(demand, steps)
    low_v, high_v = limits.voltage_band_v
    return run_sweep(area.feeder, demand, watch=Watch(v_low_v=low_v, v_high_v=high_v))


def judged(areas: Sequence[Area], limits: Limits, days: WorstDays | None = None) -> Judgement:
    """Sweep and judge some areas together.

    Where the demand stands for chosen days, ``days`` says which; findings then have no times.
    """
    items: list[Finding] = []
    missing: list[str] = []
    headline: dict[str, dict[str, float]] = {}
    cases = 0
    for area in areas:
        sweep = swept(area, limits, days)
        cases += sweep.n_case
        findings = findings_of(area, sweep, limits)
        items += findings
        missing += findings.not_assessed
        headline = _with_figures(headline, area, sweep, findings)
    items = _merged(items, areas[0].demand.n_draw)
    if days is not None:
        items = [replace(item, first=None, worst_at=None) for item in items]
    return Judgement(
        findings=Findings(
            feeder_name=areas[0].feeder.name,
            items=tuple(items),
            not_assessed=tuple(dict.fromkeys(missing)),
        ),
        headline=headline,
        cases=cases,
    )


def figures_of(
    feeder: Feeder, sweep: SweepResult, findings: Findings
) -> dict[str, dict[str, float]]:
    """Figures per scenario: those of ``peak_figures``, and ``hot_spot_c`` where it is known.

    What a condition sums up over a period is left out: some days do not stand for all.
    """
    peaks = peak_figures(feeder.area_transformer, sweep)
    hot_c = {one.scenario: one.hot_spot_c for one in findings.conditions}
    return {name: {**own, "hot_spot_c": hot_c.get(name, math.nan)} for name, own in peaks.items()}


def _merged(items: list[Finding], n_draw: int) -> list[Finding]:
    """One finding per key: states in turn break a rule at most as often as both together."""
    by_key: dict[tuple[str, str, str], Finding] = {}
    for item in items:
        other = by_key.get(item.key)
        if other is None:
            by_key[item.key] = item
            continue
        likelier = max(item, other, key=lambda one: one.probability)
        probability = min(1.0, item.probability + other.probability)
        low, high = wilson_interval(round(probability * n_draw), n_draw)
        by_key[item.key] = replace(
            likelier, probability=probability, probability_low=low, probability_high=high
        )
    return list(by_key.values())


def findings_of(area: Area, sweep: SweepResult, limits: Limits) -> Findings:
    """What is wrong in one area, its name before its elements."""
    if area.set_kva is None:
        found = assess(area.feeder, sweep, limits)
    else:
        found = _island_findings(area, area.set_kva, sweep, limits)
    items = tuple(_named(item, area.name) for item in found if not _at_a_device(item, area))
    return replace(found, items=items)


def _named(item: Finding, area: str) -> Finding:
    """The finding with the area's name before its element."""
    return replace(item, element=f"{area}: {item.element}") if area else item


def _at_a_device(item: Finding, area: Area) -> bool:
    """Whether a finding is about the voltage at a device on the busbar, which nobody lives from."""
    voltage = item.kind in (Kind.LOW_VOLTAGE, Kind.HIGH_VOLTAGE) and item.element == "busbar"
    customers = area.feeder.customers
    at_busbar = customers.kind[customers.node == area.feeder.busbar]
    return voltage and bool((at_busbar == "device").all())


def _island_findings(area: Area, set_kva: float, sweep: SweepResult, limits: Limits) -> Findings:
    """What is wrong in an island: its circuits, and the generator in the transformer's place."""
    items: list[Finding | None] = []
    for index, scenario in enumerate(sweep.scenarios):
        items += [
            breach.finding(sweep, scenario)
            for breach in _island_breaches(area, set_kva, sweep, index, limits)
        ]
        if limits.rcd_leakage is not None:
            items += leakage_findings(area.feeder, scenario, limits.rcd_leakage)
    return Findings(
        feeder_name=area.feeder.name, items=tuple(item for item in items if item is not None)
    )


def _island_breaches(
    area: Area, set_kva: float, sweep: SweepResult, scenario: int, limits: Limits
) -> Iterator[Breach]:
    """The rules on the set's rating, on the busbar and on the circuits."""
    nominal_v = float(area.feeder.nodes.nominal_v[area.feeder.busbar])
    rated_a = set_kva * 1e3 / (3 * nominal_v)
    series = TransformerSeries(
        phase_percent=sweep.i_phase_a[scenario] * np.float32(100 / rated_a),
        neutral_percent=sweep.i_neutral_a[scenario] * np.float32(100 / rated_a),
        rate_percent=sweep.s_kva[scenario] * np.float32(100 / set_kva),
        unsolved=sweep.status[scenario] != Status.SOLVED,
        rated_a=rated_a,
        step_minutes=sweep.step_minutes,
    )
    chain = Chain.of(series, sweep, scenario)
    for breach in transformer_breaches(series, limits, yyn=False, weakest=chain.by_phase()):
        if breach.kind in _GENERATOR_KINDS:
            on_network = breach.kind is Kind.NO_SOLUTION
            yield breach if on_network else replace(breach, element=GENERATOR)
    if limits.voltage_unbalance is not None and can_judge_voltage_unbalance(sweep):
        yield voltage_unbalance(sweep, scenario, limits.voltage_unbalance)
    yield from circuit_breaches(area.feeder, sweep, scenario, limits, chain)


def _with_figures(
    headline: dict[str, dict[str, float]], area: Area, sweep: SweepResult, findings: Findings
) -> dict[str, dict[str, float]]:
    """The figures so far with the lowest voltage of one more area; the first gives the others."""
    if not headline:
        return figures_of(area.feeder, sweep, findings)
    merged = {}
    for index, scenario in enumerate(sweep.scenarios):
        lows = sweep.v_min_v[index]
        lows = np.where(np.isfinite(lows), lows, np.inf).min(axis=-1)
        lows = lows[np.isfinite(lows)]
        lowest = float(np.percentile(lows, 5)) if lows.size else math.nan
        before = headline[scenario]
        merged[scenario] = {
            **before,
            "lowest_voltage_v": float(np.fmin(before["lowest_voltage_v"], lowest)),
        }
    return merged
