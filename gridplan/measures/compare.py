"""``gp.compare_measures``: every measure swept over the same draws, least work first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from gridplan.assessment.figures import peak_figures
from gridplan.assessment.findings import Finding, Findings, Kind, risen
from gridplan.assessment.limits import Limits, limits_named
from gridplan.assessment.rules import assess
from gridplan.demand.cases import Demand
from gridplan.frozen import FloatArray
from gridplan.measures.proposal import Proposal
from gridplan.measures.settings import MeasureSettings
from gridplan.measures.trial import MeasureResult
from gridplan.measures.upgrades import Upgrade, reconductoring_candidates, uprating_candidates
from gridplan.network.feeder import Feeder
from gridplan.powerflow.results import SweepResult
from gridplan.powerflow.sweep import Watch, run_sweep

__all__ = ["Judged", "MeasureResult", "compare_measures"]

#: Draws whose peaks say where the current flows when conductors are chosen.
_PEAK_DRAWS = 8

#: Findings that only moves or a larger transformer cure.
_TRANSFORMER_KINDS = (
    Kind.OVERLOAD,
    Kind.PHASE_OVERLOAD,
    Kind.NEUTRAL_OVERLOAD,
    Kind.NO_SOLUTION,
)

#: A label names so many moves at most.
_MOVES_NAMED = 2

#: Kinds of series elements that heavier main conductors relieve.
_LINE_KINDS = ("line", "neutral")


class Judged(Protocol):
    """A sweep with its findings, so that a plan's own sweeps need not be repeated."""

    @property
    def sweep(self) -> SweepResult:
        """All cases."""
        ...

    @property
    def findings(self) -> Findings:
        """What is wrong in them."""
        ...


def compare_measures(
    feeder: Feeder,
    demand: Demand,
    limits: Limits | None = None,
    settings: MeasureSettings | None = None,
    *,
    proposal: Proposal | None = None,
    before: Judged | None = None,
    after: Judged | None = None,
) -> tuple[MeasureResult, ...]:
    """Compare phase moves, new conductors and larger transformers on the same draws.

    Parameters
    ----------
    feeder, demand : today's feeder and what its customers draw
    limits : rule set, default "cn-default"
    settings : bounds and choices of the study
    proposal : phase moves; searched for when left out
    before, after : today's sweep and that with the moves, where they exist already

    Returns
    -------
    tuple of MeasureResult
        least work first: nothing, moves, conductors, then larger transformers. It ends with the
        first measure that leaves no scenario to clear.
    """
    return tuple(_Comparison.of(feeder, demand, limits, settings, before).run(proposal, after))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Comparison:
    """What all measures of one comparison share."""

    feeder: Feeder
    demand: Demand
    limits: Limits
    settings: MeasureSettings
    before: SweepResult
    today: Findings

    @classmethod
    def of(
        cls,
        feeder: Feeder,
        demand: Demand,
        limits: Limits | None,
        settings: MeasureSettings | None,
        before: Judged | None,
    ) -> _Comparison:
        """Fill in what was left out."""
        rules = limits if limits is not None else limits_named("cn-default")
        sweep = _sweep(feeder, demand, rules) if before is None else before.sweep
        return cls(
            feeder=feeder,
            demand=demand,
            limits=rules,
            settings=settings if settings is not None else MeasureSettings(),
            before=sweep,
            today=assess(feeder, sweep, rules) if before is None else before.findings,
        )

    def run(self, proposal: Proposal | None, after: Judged | None) -> Iterator[MeasureResult]:
        """Try measure after measure for the scenarios that are still to be cleared."""
        pending = list(self.demand.scenarios)
        result = self._result("nothing", "none", (), self.feeder, self.before, self.today)
        yield result
        if not (pending := _still(pending, result)):
            return
        last, moved = result, self.feeder
        moves: tuple[str, ...] = ()
        if (found := proposal if proposal is not None else self._proposal()).moves:
            moved, moves = self.feeder.with_phases(found.phase_moves), (_moves_label(found),)
            if after is None:
                last = self._try("move", moves, moved, self.demand.scenarios)
            else:
                last = self._result(moves[0], "move", moves, moved, after.sweep, after.findings)
            yield last
            if not (pending := _still(pending, last)):
                return
        wires = reconductoring_candidates(
            self.feeder, self.settings.conductor, customer_kw=_peak_kw(self.demand)
        )
        yield from self._equipment(pending, last, moved, moves, wires)

    def _equipment(
        self,
        pending: list[str],
        last: MeasureResult,
        moved: Feeder,
        moves: tuple[str, ...],
        wires: tuple[Upgrade, ...],
    ) -> Iterator[MeasureResult]:
        """Conductors where the transformer is large enough, then larger transformers, then both.

        All come on top of the moves, which cost least.
        """
        tried = [name for name in pending if not _needs_transformer(last, name)]
        if tried and (chosen := _for_circuits(wires, last, tried)):
            labels = tuple(item.label for item in chosen)
            result = self._try("reconductor", (*moves, *labels), _applied(moved, chosen), tried)
            yield result
            pending = [name for name in pending if not result.clears(name)]
        for rating in uprating_candidates(self.feeder):
            if not pending:
                return
            larger, steps = rating.apply(moved), (*moves, rating.label)
            last = self._try("uprate", steps, larger, pending)
            yield last
            pending = _still(pending, last)
            if chosen := _for_circuits(wires, last, pending):
                steps = (*steps, *(item.label for item in chosen))
                last = self._try("uprate", steps, _applied(larger, chosen), pending)
                yield last
                pending = _still(pending, last)

    def _try(
        self, action: str, steps: tuple[str, ...], feeder: Feeder, scenarios: Sequence[str]
    ) -> MeasureResult:
        """Sweep a changed feeder for some scenarios."""
        sweep = _sweep(feeder, self.demand.only(scenarios), self.limits)
        findings = assess(feeder, sweep, self.limits)
        return self._result(" + ".join(steps), action, steps, feeder, sweep, findings)

    def _result(
        self,
        label: str,
        action: str,
        steps: tuple[str, ...],
        feeder: Feeder,
        sweep: SweepResult,
        findings: Findings,
    ) -> MeasureResult:
        """Compare what is wrong with a measure to what is wrong today."""
        remaining = {name: self._to_act(findings, name) for name in sweep.scenarios}
        left = {item.key for items in remaining.values() for item in items}
        return MeasureResult(
            label=label,
            action=action,
            steps=steps,
            remaining=remaining,
            cleared={
                name: tuple(i.key for i in self._to_act(self.today, name) if i.key not in left)
                for name in sweep.scenarios
            },
            headline=peak_figures(feeder.area_transformer, sweep),
            rises=tuple(item.key for item in risen(self.today, findings)),
            accept_probability=self.settings.accept_probability,
            sweep_cases=sweep.n_case,
        )

    def _to_act(self, findings: Findings, scenario: str) -> tuple[Finding, ...]:
        """Findings to act on that are likelier than the study accepts."""
        accepted = self.settings.accept_probability
        return tuple(item for item in findings.of(scenario, "act") if item.probability > accepted)

    def _proposal(self) -> Proposal:
        """Search for phase moves within the bounds of the study."""
        from gridplan.measures.rebalance import propose_rebalancing

        return propose_rebalancing(
            self.feeder,
            self.demand,
            self.limits,
            max_moves=self.settings.max_moves,
            time_limit_s=self.settings.time_limit_s,
        )


def _needs_transformer(result: MeasureResult, scenario: str) -> bool:
    """Whether what is left to act on lies in the transformer, where conductors do not help."""
    return any(item.kind in _TRANSFORMER_KINDS for item in result.remaining[scenario])


def _sweep(feeder: Feeder, demand: Demand, limits: Limits) -> SweepResult:
    """Sweep against the voltage band of the limits."""
    low_v, high_v = limits.voltage_band_v
    return run_sweep(feeder, demand, watch=Watch(v_low_v=low_v, v_high_v=high_v))


def _still(pending: Sequence[str], result: MeasureResult) -> list[str]:
    """Scenarios that a measure does not clear."""
    return [name for name in pending if not result.clears(name)]


def _applied(feeder: Feeder, upgrades: Sequence[Upgrade]) -> Feeder:
    """Apply the feeder's changes one after the other."""
    for upgrade in upgrades:
        feeder = upgrade.apply(feeder)
    return feeder


def _moves_label(proposal: Proposal) -> str:
    """Name the moves in the order of the field, or their number when there are many."""
    if len(proposal.moves) > _MOVES_NAMED:
        return f"{len(proposal.moves)} moves"
    moves = [f"{move.unit} {move.from_phase} -> {move.to_phase}" for move in proposal.moves]
    return f"move {', '.join(moves)}"


def _for_circuits(
    wires: Sequence[Upgrade], last: MeasureResult, pending: Sequence[str]
) -> list[Upgrade]:
    """Conductors of the circuits whose voltage or lines are still to act on."""
    items = [item for name in pending for item in last.remaining.get(name, ())]
    if any(item.kind is Kind.NO_SOLUTION for item in items):
        return list(wires)
    places = set()
    for item in items:
        circuit, _, kind = item.element.rpartition("/")
        if item.kind is Kind.LOW_VOLTAGE:
            places.add(item.element)
        elif item.kind is Kind.CURRENT_LIMIT and kind in _LINE_KINDS:
            places.add(circuit)
    return [wire for wire in wires if wire.place in places]


def _peak_kw(demand: Demand) -> FloatArray:
    """Demand (customer,) at the peaks of the first draws, in the heaviest scenario [kW]."""
    p_kw, _ = demand.block(0, min(_PEAK_DRAWS, demand.n_draw))
    step = p_kw.sum(axis=1).argmax(axis=-1)
    at_peak = np.take_along_axis(p_kw, step[:, None, :, None], axis=-1)[..., 0]
    mean_kw = at_peak.mean(axis=-1)
    highest = mean_kw[mean_kw.sum(axis=1).argmax()]
    return np.asarray(highest, dtype=np.float64)
