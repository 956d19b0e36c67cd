"""An ordinary week after the festival, at the usual voltage and at light load: what may stay."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from gridplan.assessment.findings import Finding, Findings
from gridplan.assessment.limits import Limits
from gridplan.demand.calendar import new_year_days
from gridplan.demand.cases import Demand
from gridplan.demand.forecast import forecast_demand
from gridplan.demand.no_outage import no_outage_days
from gridplan.demand.settings import ForecastSettings, Period, Scenario
from gridplan.measures.judging import judged
from gridplan.measures.measure import Area, Measure
from gridplan.network.feeder import Feeder

#: Draws of the ordinary week: its days differ little.
_DRAWS = 5
#: A festival is looked at when it is so near what has to be prevented [d].
_NEAR_DAYS = 30
#: A voltage that is too high already counts as worse from this on [V].
_WORSE_V = 1.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class OrdinaryWeek:
    """What the area draws in an ordinary week, and what is wrong then without any measure.

    Attributes
    ----------
    demand : of the week
    source_pu : voltages of the medium-voltage supply that it is swept at: usual, light load
    limits : rules
    today : findings of the feeder as it stands, one per voltage
    """

    demand: Demand
    source_pu: tuple[float, float]
    limits: Limits
    today: tuple[Findings, ...]

    @classmethod
    def of(
        cls, feeder: Feeder, demand: Demand, limits: Limits, light_load_rise_percent: float
    ) -> OrdinaryWeek:
        """Sweep the week without any measure."""
        usual = feeder.source.vm_pu
        week = cls(
            demand=demand,
            source_pu=(usual, usual * (1 + light_load_rise_percent / 100)),
            limits=limits,
            today=(),
        )
        return replace(week, today=week.findings((), feeder))

    def findings(self, measures: Sequence[Measure], feeder: Feeder) -> tuple[Findings, ...]:
        """Findings of the week with some measures, one per voltage of the supply."""
        areas: tuple[Area, ...] = (Area(feeder=feeder, demand=self.demand),)
        for measure in measures:
            areas = measure.change(areas)
        found = []
        for vm_pu in self.source_pu:
            fed = [replace(area, feeder=area.feeder.with_source_pu(vm_pu)) for area in areas]
            found.append(judged(fed, self.limits).findings)
        return tuple(found)

    def worse(self, measures: Sequence[Measure], feeder: Feeder) -> tuple[str, ...]:
        """What the measures break in the week that is not broken today, in sentences."""
        sentences: dict[str, None] = {}
        after = self.findings(measures, feeder)
        for when, before, now in zip(("", " at light load"), self.today, after, strict=True):
            known = {item.key: item for item in before}
            for item in now:
                if _is_worse(item, known.get(item.key)):
                    words = item.kind.value.replace("_", " ")
                    sentences[
                        f"{words} on {item.element}{when}: {item.worst:.0f} {item.limit.unit} in "
                        f"{100 * item.probability:.0f} % of the draws"
                    ] = None
        return tuple(sentences)


def _is_worse(item: Finding, before: Finding | None) -> bool:
    """Likelier than today, or a voltage clearly further outside."""
    if before is None or item.probability > before.probability:
        return True
    return (
        item.limit.unit == "V"
        and abs(item.worst - before.worst) > _WORSE_V
        and (abs(item.worst - item.limit.value) > abs(before.worst - item.limit.value))
    )


def ordinary_demand(
    feeder: Feeder, settings: ForecastSettings, start: dt.date | None = None
) -> Demand:
    """Demand of an ordinary week: those who live there all year, no events, usual temperatures.

    Parameters
    ----------
    feeder, settings : of the study
    start : first day; None: Monday of the second week of April after the study's period
    """
    first = start or _april(settings.period.dates[-1])
    period = Period(start=first, end=first + dt.timedelta(days=6))
    changes = {
        "period": period,
        "draws": min(settings.draws, _DRAWS),
        "scenarios": {"ordinary": Scenario()},
        "registers": "none",
        "events": {},
        "precision": None,
        "sampling": "random",
        "clamp": None,
        "usual_c": None,
    }
    return forecast_demand(feeder, settings.model_copy(update=changes))


def _april(after: dt.date) -> dt.date:
    """Monday of the second week of April that follows a date."""
    year = after.year if after < dt.date(after.year, 4, 1) else after.year + 1
    eighth = dt.date(year, 4, 8)
    return eighth + dt.timedelta(days=-eighth.weekday() % 7)


def back_by(demand: Demand) -> str | None:
    """The day after the study's last one, by which the visitors have left; None for snapshots."""
    if demand.step_minutes == 0:
        return None
    last = demand.times[-1].astype("datetime64[D]") + np.timedelta64(1, "D")
    return str(last)


def order_by(demand: Demand, first_trouble: str | None, lead_days: float) -> str | None:
    """Date by which work must be ordered: its lead time before it has to be done.

    It has to be done before the first finding to act on, and before the 28th of the last lunar
    month, from which on no planned outage is allowed (practice, status K).
    """
    if demand.step_minutes == 0 or first_trouble is None:
        return None
    done = dt.date.fromisoformat(first_trouble[:10])
    for year, origin in new_year_days().items():
        closed = no_outage_days(year)
        if closed is not None and abs((origin - done).days) <= _NEAR_DAYS:
            done = min(done, closed[0])
    return str(done - dt.timedelta(days=1 + round(lead_days)))
