"""``gp.compare_measures``: every measure swept over the same draws, priced, and one recommended."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol

from gridplan.assessment.findings import Findings
from gridplan.assessment.limits import Limits, limits_named
from gridplan.demand.cases import Demand
from gridplan.measures.around import Surroundings
from gridplan.measures.bench import Bench
from gridplan.measures.candidates import ALONE, Option, move_measure, single_options
from gridplan.measures.choice import Choice, MeasureTable, choice_of, ranked, with_domination
from gridplan.measures.combining import least_staggering, tried_together
from gridplan.measures.costs import read_costs, shipped_costs
from gridplan.measures.judging import Judgement, figures_of, findings_of, swept
from gridplan.measures.measure import Area
from gridplan.measures.ordinary import OrdinaryWeek
from gridplan.measures.proposal import Proposal
from gridplan.measures.settings import MeasureSettings
from gridplan.measures.situation import Situation
from gridplan.measures.trial import MeasureResult
from gridplan.measures.worstdays import worst_days
from gridplan.network.feeder import Feeder
from gridplan.powerflow.results import SweepResult


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
    around: Surroundings | None = None,
) -> MeasureTable:
    """Compare phase moves and every other measure on the same draws.

    Today and the moves are swept over all cases, the other options over the worst days of each draw
    (``settings.worst_days``), on top of the moves where there are any; the recommended option of a
    scenario again over all its cases, until one holds.

    Parameters
    ----------
    feeder, demand : today's feeder and what its customers draw
    limits : rule set, default "cn-default"
    settings : bounds and choices of the study
    proposal : phase moves; searched for when left out
    before, after : today's sweep and that with the moves, where they exist already
    around : ordinary week and areas nearby, see ``surroundings_of``; without them what stays is not
        swept over an ordinary week, and no load is handed over

    Returns
    -------
    MeasureTable
        nothing, moves, every other option, combinations where no single one is enough; the cheapest
        first. Without anything to act on, nothing is tried.

    Raises
    ------
    InputError
        when the study's own cost table or neighbours do not fit
    """
    rules = limits if limits is not None else limits_named("cn-default")
    chosen = settings if settings is not None else MeasureSettings()
    today = _judged(feeder, demand, rules) if before is None else before
    run = _Run(
        feeder=feeder,
        demand=demand,
        limits=rules,
        settings=chosen,
        before=today,
        around=around if around is not None else Surroundings(),
    )
    return run.compared(proposal, after)


@dataclass(frozen=True, slots=True, kw_only=True)
class _State:
    """One state over all cases."""

    sweep: SweepResult
    findings: Findings


def _judged(feeder: Feeder, demand: Demand, limits: Limits) -> _State:
    """Sweep and judge one state over all cases."""
    area = Area(feeder=feeder, demand=demand)
    sweep = swept(area, limits)
    return _State(sweep=sweep, findings=findings_of(area, sweep, limits))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Run:
    """One comparison: its inputs and what is known of today."""

    feeder: Feeder
    demand: Demand
    limits: Limits
    settings: MeasureSettings
    before: Judged
    around: Surroundings

    def compared(self, proposal: Proposal | None, after: Judged | None) -> MeasureTable:
        """Nothing, the moves, everything else, and what is recommended."""
        start = self._situation(self.feeder, self.before)
        moves: Option = ()
        moved: Judged = self.before
        if start.pending:
            found = proposal if proposal is not None else self._proposal()
            if found.moves:
                moves = (move_measure(self.feeder, found),)
                state = self.feeder.with_phases(found.phase_moves)
                moved = after or _judged(state, self.demand, self.limits)
        bench = self._bench([self.before, moved] if moves else [self.before])
        results: dict[Option, MeasureResult] = {(): self._known(bench, (), self.before)}
        if moves:
            results[moves] = self._known(bench, moves, moved)
        if start.pending:
            base = start
            if moves:
                then = self._situation(self.feeder.with_phases(found.phase_moves), moved)
                base = then if then.pending else start
            self._try_all(bench, base, moves if base is not start else (), results)
        choices = self._confirmed(bench, results)
        ordered = sorted(results.values(), key=lambda item: item.outlay.cost_cny)
        return MeasureTable(results=with_domination(ordered), choices=choices)

    def _situation(self, feeder: Feeder, state: Judged) -> Situation:
        return Situation.of(
            feeder, self.demand, state.sweep, state.findings, self.limits, self.settings
        )

    def _bench(self, states: list[Judged]) -> Bench:
        """Choose the days, the prices and the ordinary week."""
        days = None
        if self.settings.worst_days:
            days = worst_days(
                [state.sweep for state in states],
                self.feeder.area_transformer,
                self.limits,
                self.settings.worst_days,
            )
        table = self.settings.costs
        week = None
        if self.around.ordinary is not None:
            rise = self.settings.light_load_rise_percent
            week = OrdinaryWeek.of(self.feeder, self.around.ordinary, self.limits, rise)
        return Bench(
            feeder=self.feeder,
            demand=self.demand,
            short=self.demand if days is None else days.of(self.demand).kept(),
            days=days,
            today=self.before.findings,
            limits=self.limits,
            settings=self.settings,
            costs=shipped_costs() if table is None else read_costs(self.settings.file(table)),
            week=week,
        )

    def _known(self, bench: Bench, option: Option, state: Judged) -> MeasureResult:
        """The result of a state that was swept over all cases already."""
        headline = figures_of(self.feeder, state.sweep, state.findings)
        judgement = Judgement(findings=state.findings, headline=headline, cases=state.sweep.n_case)
        return bench.result(option, judgement)

    def _try_all(
        self,
        bench: Bench,
        situation: Situation,
        moves: Option,
        results: dict[Option, MeasureResult],
    ) -> None:
        """Every single measure on top of the moves, some without them, staggering, then pairs."""
        singles = single_options(situation, self.around.neighbours)
        for option in singles:
            results[(*moves, *option)] = bench.tried((*moves, *option))
        if moves:
            for option in singles:
                if option[0].kind in ALONE:
                    results[option] = bench.tried(option)
        if self.settings.offers("stagger"):
            results |= least_staggering(bench, situation, moves)
        days_left = self.settings.lead_time_days
        for scenario in situation.pending:
            if not ranked(list(results.values()), scenario, days_left):
                results |= tried_together(bench, scenario, moves, singles, results)

    def _confirmed(self, bench: Bench, results: dict[Option, MeasureResult]) -> tuple[Choice, ...]:
        """Choose per scenario; what was tried on some days only is swept over all before it is."""
        days_left = self.settings.lead_time_days
        for scenario in self.demand.scenarios:
            while best := ranked(list(results.values()), scenario, days_left):
                option = next(key for key, item in results.items() if item is best[0])
                if best[0].days_per_draw is None or scenario in best[0].confirmed:
                    break
                judgement = bench.confirmed(option, [scenario])
                results[option] = _with_scenario(best[0], bench.result(option, judgement), scenario)
        return tuple(
            choice_of(list(results.values()), scenario, days_left)
            for scenario in self.demand.scenarios
        )

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


def _with_scenario(result: MeasureResult, whole: MeasureResult, scenario: str) -> MeasureResult:
    """A result whose figures of one scenario come from all its cases."""
    kept = {key: pair for key, pair in result.probabilities.items() if key[1] != scenario}
    swept = {key: pair for key, pair in whole.probabilities.items() if key[1] == scenario}
    rises = [key for key in result.rises if key[1] != scenario]
    return replace(
        result,
        remaining={**result.remaining, **whole.remaining},
        cleared={**result.cleared, **whole.cleared},
        headline={**result.headline, **whole.headline},
        probabilities={**kept, **swept},
        rises=(*rises, *(key for key in whole.rises if key[1] == scenario)),
        sweep_cases=result.sweep_cases + whole.sweep_cases,
        confirmed=(*result.confirmed, scenario),
    )
