"""Plans as work for crews: what ``plan.json`` says of a village, whatever version wrote it.

Only here is it known where a plan's record keeps moves, measures, hours of overload and of crews.
Hours of overload with a measure are those that the record gives; where it gives none, today's times
the probability of overload with the measure over that of today (assumption: as long when it comes).
"""

from __future__ import annotations

import datetime as dt
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from gridplan.errors import Fault, InputError
from gridplan.measures.crew_work import Package, VillageWork

PLAN_FILE = "plan.json"
SCHEMA = "gridplan-plan/"
#: Hours of a crew of five for a visit and for each unit moved, where a plan does not say them.
#: Assumption: at Hongjiawan such a crew took 3.5 hours, with 200 m of new line.
VISIT_H, MOVE_H = 0.5, 0.5
#: Findings whose probability is that of overload, the first one that a plan has.
OVERLOADS = ("phase_overload", "no_solution", "overload")
#: Actions that need no crew before the festival.
_NO_CREW = ("none", "watch", "stagger")
MAX_BYTES = 200_000_000

Record = Mapping[str, Any]


def read_works(paths: Sequence[Path], scenario: str | None = None) -> tuple[VillageWork, ...]:
    """Read plans: folders that hold ``plan.json``, or such files.

    Parameters
    ----------
    paths : one per village
    scenario : whose hours count; None: the first of each plan

    Raises
    ------
    InputError
        With every plan that cannot be used, by its file.
    """
    faults: list[Fault] = []
    works: list[VillageWork] = []
    first: dict[str, str] = {}
    for path in paths:
        file = path / PLAN_FILE if path.is_dir() else path
        work = _work_of(file, scenario, faults)
        if work is None:
            continue
        if work.name in first:
            what = f"a plan of {work.name}, as {first[work.name]} is"
            faults.append(Fault.of("plan-twice", file, what, "name one plan per village"))
        first[work.name] = str(file)
        works.append(work)
    if faults:
        raise InputError("plans", faults)
    return tuple(works)


def _work_of(file: Path, scenario: str | None, faults: list[Fault]) -> VillageWork | None:
    """One plan as work; None, with the fault, where it is none."""
    remedy = "make it again: gridplan plan NETWORK STUDY -o OUT"
    try:
        if file.stat().st_size > MAX_BYTES:
            raise ValueError("it is larger than any plan")
        record = json.loads(file.read_text(encoding="utf-8"))
        if not isinstance(record, dict) or not str(record.get("schema_version")).startswith(SCHEMA):
            raise ValueError("it is not the record of a plan")
        return _work(record, scenario, file)
    except OSError as error:
        what = f"cannot be read: {error.strerror or error}"
        faults.append(Fault.of("plan-missing", file, what, remedy))
    except KeyError as error:
        faults.append(Fault.of("plan-incomplete", file, f"does not hold {error.args[0]}", remedy))
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        what = f"cannot be used: {' '.join(str(error).split())[:120]}"
        faults.append(Fault.of("plan-damaged", file, what, remedy))
    return None


def _work(record: Record, scenario: str | None, file: Path) -> VillageWork:
    names = list(record["sweep"]["scenarios"])
    chosen = names[0] if scenario is None else scenario
    if chosen not in names:
        raise ValueError(f"it has no scenario {chosen}, but {', '.join(map(str, names))}")
    today = record["before"]["by_scenario"][chosen]
    overload_h = _number(today["overload_h"], "before.by_scenario.overload_h")
    packages, unpriced = [], []
    for measure, hours in _measures(record, chosen, overload_h):
        package = _package(record, measure, overload_h - hours)
        if package is not None:
            packages.append(package)
        elif hours < overload_h:
            unpriced.append(str(measure["label"]))
    why = ""
    if not packages:
        why = "nothing in its plan needs a crew"
        why = f"its plan gives no crew hours of: {unpriced[0]}" if unpriced else why
    return VillageWork(
        name=str(record["feeder"]["name"]),
        scenario=str(chosen),
        overload_h=overload_h,
        harm_h=_optional(today.get("harm_h")),
        customers=int(record["feeder"].get("customers") or 0),
        packages=tuple(packages),
        why_none=why,
        unpriced=tuple(unpriced),
        first_day=_first_day(record),
        where=str(file),
    )


def _measures(record: Record, scenario: str, today_h: float) -> Iterator[tuple[Record, float]]:
    """Each option that needs a crew, with the hours of overload that it leaves.

    An option that was not tried in a scenario, because a lesser one was enough, leaves no more than
    that one.
    """
    after = record.get("after", {}).get("by_scenario", {}).get(scenario, {})
    lowest = today_h
    for measure in record.get("measures", ()):
        figures = measure.get("scenarios", {}).get(scenario)
        if measure["action"] in _NO_CREW or measure.get("open_question"):
            continue
        if figures is not None:
            hours = _optional(figures.get("overload_h"))
            if hours is None and measure["action"] == "move":
                hours = _optional(after.get("overload_h"))
            if hours is None:
                hours = today_h * _share_left(record, scenario, measure, figures)
            lowest = min(lowest, hours)
            yield measure, hours
        else:
            yield measure, lowest


def _share_left(record: Record, scenario: str, measure: Record, figures: Record) -> float:
    """Probability of overload with a measure over that of today, at most 1."""
    today: list[tuple[str, float]]
    if "probabilities" in measure:
        rows = [one for one in measure["probabilities"] if one["scenario"] == scenario]
        today = [(one["kind"], float(one["today"])) for one in rows]
        left = [(one["kind"], float(one["with"])) for one in rows]
    else:
        findings = record["before"].get("findings", ())
        rows = [one for one in findings if one["scenario"] == scenario]
        today = [(one["kind"], float(one["probability"])) for one in rows]
        left = [(one["kind"], float(one["p"])) for one in figures.get("remaining", ())]
    for kind in OVERLOADS:
        before = max((p for name, p in today if name == kind), default=0.0)
        if before > 0:
            return min(1.0, max((p for name, p in left if name == kind), default=0.0) / before)
    return 1.0


def _package(record: Record, measure: Record, prevented_h: float) -> Package | None:
    """The work of an option; None where its hours are not known."""
    outlay = measure.get("outlay") or {}
    crew_h = _optional(outlay.get("crew_h", measure.get("crew_h")))
    assumed = False
    if crew_h is None and measure["action"] == "move":
        rebalancing = record.get("rebalancing", {})
        crew_h = _optional(rebalancing.get("crew_h"))
        if crew_h is None:
            units = {row["order"] for row in rebalancing.get("moves", ())}
            crew_h, assumed = VISIT_H + MOVE_H * len(units), True
    if crew_h is None:
        return None
    return Package(
        label=str(measure["label"]),
        action=str(measure["action"]),
        crew_h=crew_h,
        prevented_h=max(0.0, prevented_h),
        lead_days=_optional(outlay.get("lead_days", measure.get("lead_days"))) or 0.0,
        assumed=assumed,
    )


def _first_day(record: Record) -> dt.date | None:
    """First day of the plan's period; of its findings where the record does not say the period."""
    stated = record["sweep"].get("first")
    times = (
        [stated] if stated else [one.get("first") for one in record["before"].get("findings", ())]
    )
    days = [dt.date.fromisoformat(str(time)[:10]) for time in times if time]
    return min(days, default=None)


def _number(value: Any, name: str) -> float:
    """A number that must be there and at least 0."""
    found = _optional(value)
    if found is None:
        raise ValueError(f"{name} is not known: a rule set and steps in time are needed")
    return found


def _optional(value: Any) -> float | None:
    """A number at least 0; None where there is none."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"{value!r} is not a number")
    if not math.isfinite(value) or value < 0:
        raise ValueError(f"{value} is not a number of hours or days")
    return float(value)
