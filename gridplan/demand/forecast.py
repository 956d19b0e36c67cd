"""From registers and day shapes to kilowatts: the demand of every customer in every case.

A home's demand in one step is the product of

- the after-diversity level and day shape of its state (empty, as usual, with returnees) and of the
  kind of day,
- its size: persons to a power, scaled so that the mean over the homes occupied on the Eve stays at
  the level,
- its own level in this draw (lognormal) and its variation in time (lognormal, first-order
  autoregressive),
- the temperature, common to all homes of a draw (first-order autoregressive from day to day),
- the scenario's factors.

Special loads follow the rating that the network file carries.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gridplan.demand.calendar import NEW_YEAR_EVE, date_of
from gridplan.demand.cases import Demand
from gridplan.demand.homes import Homes
from gridplan.demand.profiles import (
    QUARTER_MINUTES,
    home_series,
    special_kinds,
    ten_kilowatt_ratio,
)
from gridplan.demand.register import Register, read_register
from gridplan.demand.returnees import Returnees
from gridplan.demand.settings import ForecastSettings, Scenario
from gridplan.demand.special import SpecialLoads
from gridplan.demand.variation import variation_in_time
from gridplan.errors import Fault, StudyError
from gridplan.frozen import FloatArray
from gridplan.network.feeder import Feeder

LIVED_IN = ("resident", "ten_kilowatt")  #: homes with somebody all year
HOMES = (*LIVED_IN, "vacant")


def forecast_demand(feeder: Feeder, settings: ForecastSettings) -> Demand:
    """Forecast the demand of a feeder's customers over the period of a study.

    Parameters
    ----------
    feeder : the feeder; its name selects the register, the coverage ratio and the level
    settings : ``study.forecast``

    Returns
    -------
    Demand
        Drawn block by block when it is asked for; the same seed gives the same bits in every block.

    Raises
    ------
    StudyError
        The register is missing or wrong; every fault of it at once.
    """
    _check_kinds(feeder)
    period = settings.period
    sampler = _sampler(feeder, settings)
    start = np.datetime64(date_of(period.days[0], period.new_year_day), "m")
    step = np.timedelta64(settings.step_minutes, "m")
    return Demand(
        scenarios=tuple(settings.scenarios),
        n_draw=settings.draws,
        times=start + np.arange(sampler.n_step) * step,
        step_minutes=float(settings.step_minutes),
        customer_ids=feeder.customers.id,
        occupancy=sampler.occupancy(settings.draws),
        sampler=sampler.sample,
        notes=sampler.homes.returnees.register.notes,
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Sampler:
    """Everything that the draws share. Nothing in it changes: threads may use it together."""

    settings: ForecastSettings
    scenarios: tuple[Scenario, ...]
    n_customer: int
    n_step: int
    homes: Homes
    special: SpecialLoads

    def sample(self, first_draw: int, last_draw: int) -> tuple[FloatArray, FloatArray]:
        """Demand (scenario, customer, draw, step) [kW, kvar] of some draws.

        Draw by draw: the arrays of one draw fit into a processor's cache, and its numbers cannot
        depend on the block that it is drawn in. All scenarios share the random fields of the draw.
        """
        shape = (len(self.scenarios), self.n_customer, last_draw - first_draw, self.n_step)
        p_kw, q_kvar = np.empty(shape, dtype=np.float64), np.empty(shape, dtype=np.float64)
        homes, special, mean_size = self.homes, self.special, self.homes.mean_size()
        for at, draw in enumerate(range(first_draw, last_draw)):
            in_time = variation_in_time(
                self.settings.variation,
                seed=self.settings.seed,
                draw=draw,
                n_customer=self.n_customer,
                n_step=self.n_step,
                step_minutes=self.settings.step_minutes,
            )
            p_kw[:, special.index, at], q_kvar[:, special.index, at] = special.demand(draw, in_time)
            fields = homes.fields(draw, in_time)
            for number, scenario in enumerate(self.scenarios):
                p_home, q_home = homes.demand(draw, fields, scenario, mean_size)
                p_kw[number, homes.index, at], q_kvar[number, homes.index, at] = p_home, q_home
        return p_kw, q_kvar

    def occupancy(self, draws: int) -> FloatArray:
        """Share of the draws in which somebody is at home on the Eve, (scenario, customer).

        A period without the Eve is judged on its day next to it.
        """
        homes = self.homes
        day = np.clip([NEW_YEAR_EVE], homes.days[0], homes.days[-1])
        counts = np.zeros((len(self.scenarios), self.n_customer))
        for number, scenario in enumerate(self.scenarios):
            for draw in range(draws):
                returned = homes.returnees.persons(draw, day, scenario.returnees_factor)
                counts[number] += returned[:, 0] > 0
        counts[:, homes.index[homes.lives_in]] = draws
        return counts / draws


def _sampler(feeder: Feeder, settings: ForecastSettings) -> _Sampler:
    """Put together what the draws share."""
    customers, step_minutes = feeder.customers, settings.step_minutes
    first, last = settings.period.days
    days = np.arange(first, last + 1)
    is_home, lives_in = np.isin(customers.kind, HOMES), np.isin(customers.kind, LIVED_IN)
    index = np.flatnonzero(is_home)
    delays = round(settings.variation.dinner_delay_h * 60 / QUARTER_MINUTES)
    homes = Homes(
        index=index,
        lives_in=lives_in[index],
        level=np.where(customers.kind == "ten_kilowatt", ten_kilowatt_ratio(), 1.0)[index],
        days=days,
        series=home_series(
            days, year=settings.level_of(feeder.name), step_minutes=step_minutes, delays=delays
        ),
        returnees=Returnees(
            register=_register(feeder, settings),
            is_home=is_home,
            lives_in=lives_in,
            coverage=settings.coverage_of(feeder.name),
            seed=settings.seed,
        ),
        variation=settings.variation,
        step_minutes=step_minutes,
        seed=settings.seed,
    )
    special = np.flatnonzero(~is_home)
    return _Sampler(
        settings=settings,
        scenarios=tuple(settings.scenario(name) for name in settings.scenarios),
        n_customer=len(customers),
        n_step=len(days) * homes.series.steps_per_day,
        homes=homes,
        special=SpecialLoads.of(
            customers, special, days, step_minutes=step_minutes, seed=settings.seed
        ),
    )


def _register(feeder: Feeder, settings: ForecastSettings) -> Register:
    """Register of the feeder; an empty one where the study has none."""
    path = settings.register_path(feeder.name)
    if path is None:
        return Register.empty(len(feeder.customers))
    return read_register(path, feeder.customers.id.tolist(), settings.period.new_year_day)


def _check_kinds(feeder: Feeder) -> None:
    """Refuse customers of a kind that has no day shape."""
    customers, known = feeder.customers, {*HOMES, *special_kinds()}
    rows = zip(customers.table, customers.row, customers.id, customers.kind, strict=True)
    remedy = f"use one of {', '.join(sorted(known))}"
    faults = [
        Fault(
            code="kind",
            where=f"{table}[{row}] {name}",
            what=f"kind {kind!r} has no day shape",
            remedy=remedy,
        )
        for table, row, name, kind in rows
        if kind not in known
    ]
    if faults:
        raise StudyError(feeder.name, faults)
