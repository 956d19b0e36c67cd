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

Special loads follow the rating that the network file carries; events come on top. A period without
a festival has ordinary days of its season (``seasons.py``).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from gridplan.demand.ambient import ambient_of
from gridplan.demand.appliances import MEAN_HOME, ApplianceEffects
from gridplan.demand.area_model import CARRIED
from gridplan.demand.calibration import HOMES, Calibration
from gridplan.demand.cases import Demand
from gridplan.demand.clamp_evidence import ClampFit
from gridplan.demand.clamp_fit import fit_clamp
from gridplan.demand.events import EventLoads
from gridplan.demand.homes import Homes
from gridplan.demand.pending import TABLE, with_pending
from gridplan.demand.people import People, people_of
from gridplan.demand.profiles import (
    QUARTER_MINUTES,
    HomeSeries,
    home_series,
    special_kinds,
    ten_kilowatt_ratio,
)
from gridplan.demand.quasi import REPLICATES
from gridplan.demand.seasons import heating_season, ordinary_home_series, weather_response
from gridplan.demand.settings import ForecastSettings
from gridplan.demand.special import SpecialLoads
from gridplan.demand.steering import steered
from gridplan.demand.streams import Streams
from gridplan.demand.study_files import StudyFiles, pending_of, read_study_files
from gridplan.demand.village import Village
from gridplan.errors import Fault, StudyError
from gridplan.frozen import FloatArray
from gridplan.network.feeder import Feeder


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
        A file of the study (register, meters, clamp readings, weather, holidays, pending
        connections) is missing or wrong; every fault of all of them at once.
    """
    _check_kinds(feeder)
    files = read_study_files(feeder, settings)

    def build(on: ForecastSettings) -> tuple[Homes, SpecialLoads]:
        then = _village(feeder, on, files.on(on))
        return then.homes, then.special

    clamp = None
    if files.clamp is not None:
        clamp = fit_clamp(feeder, settings, files.clamp, build, metered=files.meters is not None)
    village = _village(feeder, settings, files, clamp)
    notes = files.notes if clamp is None else (*files.notes, *clamp.notes)
    if village.homes.past is not None:
        notes = (*notes, village.homes.past.past.note)
    replicates = None
    if settings.sampling == "quasi_random":
        village, replicates = steered(village, feeder.customers, settings.draws), REPLICATES
    start = np.datetime64(settings.period.dates[0], "m")
    step = np.timedelta64(settings.step_minutes, "m")
    return Demand(
        scenarios=tuple(settings.scenarios),
        n_draw=settings.draws,
        times=start + np.arange(village.n_step) * step,
        step_minutes=float(settings.step_minutes),
        customer_ids=feeder.customers.id,
        occupancy=village.occupancy(settings.draws),
        sampler=village.sample,
        notes=notes,
        clamp=clamp,
        replicates=replicates,
        ambient=ambient_of(settings, village.warmer_c, village.deviation_c),
    )


def with_pending_of(feeder: Feeder, settings: ForecastSettings) -> Feeder:
    """The feeder with the pending connections that a study gives it; itself where there are none.

    Raises ``StudyError`` with every fault of their file.
    """
    here = set(feeder.customers.id[feeder.customers.table == TABLE].tolist())
    new = [one for one in pending_of(settings).of(feeder.name) if one.name not in here]
    return with_pending(feeder, new) if new else feeder


def _village(
    feeder: Feeder, settings: ForecastSettings, files: StudyFiles, clamp: ClampFit | None = None
) -> Village:
    """Put together what the draws share."""
    customers, period, measured = feeder.customers, settings.period, files.meters
    settings = _as_measured(settings, measured)
    streams = Streams(seed=settings.seed)
    people = people_of(feeder, settings, files, streams)
    homes = _homes(feeder, settings, people)
    homes = replace(homes, appliances=_appliances(feeder, settings, files, homes))
    if measured is not None:
        level = measured.level[homes.index]
        homes = replace(homes, level=np.where(np.isnan(level), homes.level, level))
    if people.past is not None:
        homes = homes.as_measured(people.past, settings.usual_c)
    if clamp is not None and clamp.applied:
        level = clamp.level(feeder)[homes.index]
        homes = replace(homes, level=homes.level * level, celebrating=level ** (CARRIED - 1.0))
    return Village(
        settings=settings,
        scenarios=tuple(settings.scenario(name) for name in settings.scenarios),
        warmer_c=files.warmer_c,
        n_customer=len(customers),
        n_step=len(period.dates) * homes.series.steps_per_day,
        homes=homes,
        special=SpecialLoads.of(
            customers,
            np.flatnonzero(~np.isin(customers.kind, HOMES)),
            settings,
            holidays=files.holidays,
            pending=files.pending.connected(feeder),
            streams=streams,
        ),
        events=EventLoads.of(
            settings.events,
            customers,
            people.lives_in,
            network=feeder.name,
            dates=period.dates,
            step_minutes=settings.step_minutes,
            scenarios=tuple(settings.scenarios),
            streams=streams,
        ),
        streams=streams,
    )


def _as_measured(settings: ForecastSettings, measured: Calibration | None) -> ForecastSettings:
    """The settings with the heating that meters show."""
    if measured is None or measured.heating_percent_per_c is None:
        return settings
    percent = float(np.clip(measured.heating_percent_per_c, 0.0, 20.0))
    variation = settings.variation.model_copy(update={"heating_percent_per_c": percent})
    return settings.model_copy(update={"variation": variation})


def _homes(feeder: Feeder, settings: ForecastSettings, people: People) -> Homes:
    """The homes of a feeder."""
    customers, step_minutes = feeder.customers, settings.step_minutes
    first, last = settings.period.days
    days = np.arange(first, last + 1)
    index = np.flatnonzero(people.returnees.is_home)
    series, response = _series(feeder, settings)
    return Homes(
        index=index,
        lives_in=people.lives_in[index],
        level=np.where(customers.kind == "ten_kilowatt", ten_kilowatt_ratio(), 1.0)[index],
        days=days,
        series=series,
        returnees=people.returnees,
        variation=settings.variation,
        response_per_c=np.repeat(response, series.steps_per_day),
        step_minutes=step_minutes,
        streams=people.returnees.streams,
    )


def _appliances(
    feeder: Feeder, settings: ForecastSettings, files: StudyFiles, homes: Homes
) -> ApplianceEffects | None:
    """What the register's appliances add to the homes; None: nothing."""
    kind = feeder.customers.kind[homes.index]
    household = np.where(kind == "ten_kilowatt", kind, MEAN_HOME)
    if files.meters is not None:
        household = np.where(files.meters.metered[homes.index], "", household)
    return ApplianceEffects.of(
        files.register,
        homes.index,
        household.tolist(),
        year=settings.level_of(feeder.name),
        series=homes.series,
        heated=heating_season(settings.period),
        step_minutes=settings.step_minutes,
        seed=settings.seed,
    )


def _series(feeder: Feeder, settings: ForecastSettings) -> tuple[HomeSeries, FloatArray]:
    """Demand of a mean home, and its rise per degree colder (day,) [1/K]."""
    period, variation = settings.period, settings.variation
    year, step_minutes = settings.level_of(feeder.name), settings.step_minutes
    if period.festival_year is None:
        series = ordinary_home_series(period.dates, year=year, step_minutes=step_minutes)
        return series, weather_response(period.dates, variation)
    first, last = period.days
    delays = round(variation.dinner_delay_h * 60 / QUARTER_MINUTES)
    days = np.arange(first, last + 1)
    series = home_series(days, year=year, step_minutes=step_minutes, delays=delays)
    return series, np.full(len(days), variation.heating_percent_per_c / 100)


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
