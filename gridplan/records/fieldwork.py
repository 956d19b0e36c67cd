"""What a plan asks of the field: ``fieldwork.json``, made beside ``plan.json``."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from typing import TYPE_CHECKING, Any

from gridplan.demand.no_outage import no_outage_days
from gridplan.records.field_currents import promised_currents
from gridplan.records.field_days import crew_days
from gridplan.records.field_lists import field_lists, stays_away
from gridplan.records.field_places import Places
from gridplan.records.field_types import SCHEMA_VERSION, FieldWork

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gridplan.plan import Plan

#: Keys of a plan's record that differ between two runs of the same plan.
_OF_THE_RUN = ("seconds", "made", "after_seconds")


def field_work(plan: Plan, record: Mapping[str, Any]) -> FieldWork:
    """Crew days, promised currents and lists of a plan; ``record`` is what ``plan.json`` holds.

    Currents are promised for the days up to the last one on which an outage may be planned before
    the festival.
    """
    feeder, forecast = plan.feeder, plan.study.forecast
    places = Places.of(feeder)
    year = forecast.period.festival_year
    days = None if year is None else no_outage_days(year)
    last_day = None if days is None else days[0] - dt.timedelta(days=1)
    return FieldWork(
        schema_version=SCHEMA_VERSION,
        plan=plan_hash(record),
        feeder=feeder.name,
        study=plan.study.name,
        last_day=None if last_day is None else last_day.isoformat(),
        days=crew_days(plan, places),
        promised=promised_currents(
            plan.before.sweep, plan.after.sweep, feeder.area_transformer.rated_a, last_day
        ),
        lists=field_lists(feeder, places, stays_away(feeder, forecast)),
    )


def plan_hash(record: Mapping[str, Any]) -> str:
    """SHA-256 of a plan's record; two runs of the same plan have the same."""
    text = json.dumps(_lasting(record), sort_keys=True, ensure_ascii=True, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _lasting(value: Any) -> Any:
    """A record without what depends on the run: wall times and the time it was made."""
    if isinstance(value, dict):
        return {key: _lasting(item) for key, item in value.items() if key not in _OF_THE_RUN}
    if isinstance(value, list):
        return [_lasting(item) for item in value]
    return value
