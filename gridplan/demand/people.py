"""Who is in a feeder's homes during a study: registers, meters and past festivals put together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gridplan.demand.calibration import HOMES, LIVED_IN, past_festivals
from gridplan.demand.past_festivals import PastFestivals
from gridplan.demand.pending import TABLE
from gridplan.demand.returnees import Returnees
from gridplan.demand.settings import ForecastSettings
from gridplan.demand.streams import Streams
from gridplan.demand.study_files import StudyFiles
from gridplan.demand.visits import Visits, national_day_curve
from gridplan.frozen import BoolArray
from gridplan.network.feeder import Feeder


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class People:
    """The people of a feeder.

    Attributes
    ----------
    returnees : who comes home
    lives_in : bool (customer,) -- dwellings that are lived in all year
    past : what past festivals say; None where no meter has seen one
    """

    returnees: Returnees | Visits
    lives_in: BoolArray
    past: PastFestivals | None


def people_of(
    feeder: Feeder, settings: ForecastSettings, files: StudyFiles, streams: Streams
) -> People:
    """The people of a feeder by its register, and by its meters where a study has them."""
    register, measured = files.register, files.meters
    customers, at_home, past = feeder.customers, None, None
    is_home, lives_in = np.isin(customers.kind, HOMES), np.isin(customers.kind, LIVED_IN)
    # pending connections come last, and no draw of the others may change because of them
    own = customers.table != TABLE
    if measured is not None:
        at_home = measured.at_home[own]
        listed = np.zeros(len(own), dtype=bool)
        listed[own] = register.listed
        year, seen = settings.period.festival_year, measured.festivals(settings.period)
        # past festivals tell those who come from those who live there, the register alone does not
        lives_in = lives_in | (is_home & measured.at_home & (~listed | bool(seen)))
        if year is not None and seen:
            registers = {**files.past_registers, year: register}
            homes = is_home & own
            past = past_festivals(measured, customers, settings.period, homes, lives_in, registers)
    returnees = Returnees(
        register=register,
        is_home=is_home[own],
        lives_in=lives_in[own],
        coverage=settings.coverage_of(feeder.name),
        streams=streams,
        at_home=at_home,
        past=None if past is None else past.comers(is_home[own]),
    )
    if settings.period.holiday is None:
        return People(returnees=returnees, lives_in=lives_in, past=past)
    visits = Visits(who=returnees, curve=national_day_curve())
    return People(returnees=visits, lives_in=lives_in, past=past)
