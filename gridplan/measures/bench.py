"""Options tried: swept on the days that matter, priced, compared with today."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from gridplan.assessment.findings import Finding, Findings, risen
from gridplan.assessment.limits import Limits
from gridplan.demand.cases import Demand
from gridplan.measures.candidates import Option
from gridplan.measures.costs import CostTable, outlay
from gridplan.measures.judging import Judgement, judged
from gridplan.measures.measure import Area, Measure, heaviest
from gridplan.measures.ordinary import OrdinaryWeek, back_by, order_by
from gridplan.measures.settings import MeasureSettings
from gridplan.measures.situation import to_act
from gridplan.measures.trial import Key, MeasureResult, Part
from gridplan.measures.worstdays import WorstDays
from gridplan.network.feeder import Feeder


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Bench:
    """What all trials of one comparison share.

    Attributes
    ----------
    feeder, demand : today, over the whole study
    short : the demand on the days kept, ``demand`` itself where ``days`` is None
    days : the days on which options are tried; None: all
    today : what is wrong today, in all cases
    limits, settings, costs : of the study
    week : an ordinary week, None where it is not known
    judgements : of changes tried already, by their identity
    """

    feeder: Feeder
    demand: Demand
    short: Demand
    days: WorstDays | None
    today: Findings
    limits: Limits
    settings: MeasureSettings
    costs: CostTable
    week: OrdinaryWeek | None
    judgements: dict[tuple[int, ...], Judgement] = field(default_factory=dict)
    weeks: dict[tuple[int, ...], tuple[str, ...]] = field(default_factory=dict)

    def tried(self, option: Option) -> MeasureResult:
        """Sweep an option on the days kept; options of the same changes are swept once.

        With an island in it on all days: what an island and what is left of the area find worst are
        days of their own.
        """
        days = None if any(measure.kind == "generator" for measure in option) else self.days
        demand = self.demand if days is None else self.short
        changes = tuple(id(measure.change) for measure in option)
        if changes not in self.judgements:
            areas = self._areas(option, demand, on_days=days is not None)
            self.judgements[changes] = judged(areas, self.limits, days)
        return self.result(option, self.judgements[changes], in_days=days)

    def confirmed(self, option: Option, scenarios: Sequence[str]) -> Judgement:
        """Sweep an option over all days of some scenarios."""
        areas = self._areas(option, self.demand.only(scenarios), on_days=False)
        return judged(areas, self.limits)

    def price(self, option: Option) -> float:
        """What an option costs [CNY]."""
        return outlay(option, self.costs).cost_cny

    def _areas(self, option: Option, demand: Demand, *, on_days: bool) -> tuple[Area, ...]:
        """The areas that an option leaves, over a demand of the study's area."""
        others = {area.name: area for measure in option for area in measure.touched}
        areas: tuple[Area, ...] = (
            Area(feeder=self.feeder, demand=demand),
            *(self._on_axis(area, demand, on_days) for area in others.values()),
        )
        for measure in option:
            areas = measure.change(areas)
        return areas

    def _on_axis(self, area: Area, demand: Demand, on_days: bool) -> Area:
        """A neighbour over the same scenarios and days."""
        own = area.demand.only(demand.scenarios)
        return replace(area, demand=self.days.of(own) if on_days and self.days else own)

    def result(
        self, option: Option, judgement: Judgement, *, in_days: WorstDays | None = None
    ) -> MeasureResult:
        """Compare what is wrong with an option to what is wrong today, and price it."""
        findings, scenarios = judgement.findings, tuple(judgement.headline)
        remaining = {name: self._to_act(findings, name) for name in scenarios}
        left = {item.key for items in remaining.values() for item in items}
        takes = outlay(option, self.costs)
        worse = self._worse(option)
        lasts = all(measure.lasts for measure in option)
        return MeasureResult(
            label=" + ".join(measure.label for measure in option) or "nothing",
            action=heaviest(option),
            parts=tuple(part_of(measure) for measure in option),
            remaining=remaining,
            cleared={
                name: tuple(i.key for i in self._to_act(self.today, name) if i.key not in left)
                for name in scenarios
            },
            probabilities=self._probabilities(option, findings),
            headline=judgement.headline,
            rises=self._rises(option, findings),
            accept_probability=self.settings.accept_probability,
            sweep_cases=judgement.cases,
            days_per_draw=None if in_days is None else in_days.n_day,
            outlay=takes,
            lasts=lasts,
            year_round=worse,
            revert_by=back_by(self.demand) if worse else None,
            order_by=order_by(self.demand, self._first_trouble(), takes.lead_days)
            if option
            else None,
            open_question="; ".join(m.open_question for m in option if m.open_question),
        )

    def _to_act(self, findings: Findings, scenario: str) -> tuple[Finding, ...]:
        return to_act(findings, scenario, self.settings.accept_probability)

    def _baseline(self, option: Option) -> Findings:
        """What is wrong today, in the areas that the option touches too."""
        others = {area.name: area for measure in option for area in measure.touched}
        items = list(self.today.items)
        for area in others.values():
            key = (id(area),)
            if key not in self.judgements:
                self.judgements[key] = judged((area,), self.limits)
            items += self.judgements[key].findings.items
        return replace(self.today, items=tuple(items))

    def _probabilities(self, option: Option, findings: Findings) -> dict[Key, tuple[float, float]]:
        """Today and with the option, of every finding of either."""
        today = self._baseline(option)
        scenarios = {item.scenario for item in findings} | set(self.demand.scenarios)
        keys = dict.fromkeys(item.key for item in (*today, *findings) if item.scenario in scenarios)
        return {key: (today.probability(key), findings.probability(key)) for key in keys}

    def _rises(self, option: Option, findings: Findings) -> tuple[Key, ...]:
        return tuple(item.key for item in risen(self._baseline(option), findings))

    def _worse(self, option: Option) -> tuple[str, ...] | None:
        """What breaks in an ordinary week; None where it is not swept or the option is gone."""
        staying = tuple(measure for measure in option if measure.lasts)
        if self.week is None or any(measure.touched for measure in staying):
            return None
        changes = tuple(id(measure.change) for measure in staying)
        if changes not in self.weeks:
            self.weeks[changes] = self.week.worse(staying, self.feeder) if staying else ()
        return self.weeks[changes]

    def _first_trouble(self) -> str | None:
        """When today's first finding to act on begins, None where nothing is to act on."""
        accepted = self.settings.accept_probability
        times = [
            item.first
            for item in self.today
            if item.tier == "act" and item.probability > accepted and item.first
        ]
        return min(times, default=None)


def part_of(measure: Measure) -> Part:
    """A measure as the plain values of a result."""
    return Part(
        kind=measure.kind,
        label=measure.label,
        place=measure.place,
        quantity=measure.quantity,
        unit=measure.unit,
        equipment=measure.equipment,
        detail="; ".join((measure.detail, *measure.needs)),
    )
