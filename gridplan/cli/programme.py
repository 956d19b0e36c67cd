"""``gridplan programme``: which village on which day."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import rich_click as click

from gridplan.cli.options import PATH, format_option, quiet

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence
    from pathlib import Path

    from gridplan.errors import Fault
    from gridplan.measures.crew_travel import Travel
    from gridplan.measures.crew_work import VillageWork
    from gridplan.measures.programme import CrewDays


@dataclass(frozen=True, slots=True, kw_only=True)
class _Given:
    """The options beside plans, folder and format, as click names them."""

    crew_days: int
    crews: int
    until: dt.datetime | None
    first: dt.datetime | None
    ordered: dt.datetime | None
    scenario: str | None
    places_path: Path | None
    day_hours: float
    detour: float
    km_h: float


_DATE = click.DateTime(["%Y-%m-%d"])


@click.command()
@click.argument("plans", metavar="PLAN_DIR...", type=PATH, nargs=-1, required=True)
@click.option(
    "--crew-days",
    type=click.IntRange(min=1),
    required=True,
    help="Days of one crew that there are, all together.",
)
@click.option(
    "--crews",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="Crews that go on the same day.",
)
@click.option(
    "--until",
    type=_DATE,
    metavar="DATE",
    help="Last day; left out, 腊月廿七, or the day before the period of the plans. From 腊月廿八 "
    "to 正月初七 nobody is switched off for planned work, whatever is given.",
)
@click.option(
    "--from",
    "first",
    type=_DATE,
    metavar="DATE",
    help="First day; left out, as late as the crew days allow.",
)
@click.option(
    "--ordered",
    type=_DATE,
    metavar="DATE",
    help="Day on which material is ordered: nothing is done before it is there. Left out, the "
    "programme says by when to order.",
)
@click.option(
    "--scenario",
    metavar="NAME",
    help="Scenario whose hours count; left out, the first one of each plan.",
)
@click.option(
    "--places",
    "places_path",
    type=PATH,
    metavar="FILE",
    help="Table of village, lat, lon, perhaps a row station: travel is counted. Without it, it is "
    "not.",
)
@click.option(
    "--day-hours",
    type=click.FloatRange(min=1, max=24),
    default=7.0,
    show_default=True,
    help="Hours of a crew's day, travel included.",
)
@click.option(
    "--detour",
    type=click.FloatRange(min=1, max=5),
    default=1.4,
    show_default=True,
    help="Length of the road over that of the great circle.",
)
@click.option(
    "--speed",
    "km_h",
    type=click.FloatRange(min=1, max=120),
    default=30.0,
    show_default=True,
    help="Mean speed on the road [km/h].",
)
@click.option(
    "-o",
    "--output",
    "out",
    type=PATH,
    required=True,
    metavar="OUT",
    help="Folder for programme.html, .xlsx, .csv and .json; other files in it stay.",
)
@format_option
def programme(plans: tuple[Path, ...], out: Path, form: str, **options: Any) -> None:
    """Choose and schedule what prevents most expected overload hours in the crew days there are.

    PLAN_DIR is what `gridplan plan` wrote, one per village. A village gets at most one of the
    packages of its plan: moves, or moves with another measure.

    Example: gridplan programme out/hongjiawan out/wanfota --crew-days 6 --crews 2 -o out/programme
    """
    from gridplan.cli.show import print_table, rows_out, show_notes
    from gridplan.measures.crew_travel import read_places, travel_between
    from gridplan.measures.programme import make_programme
    from gridplan.records.plan_works import read_works
    from gridplan.report.programme import SCHEMA_VERSION, write_programme
    from gridplan.report.programme_rows import left_row, programme_record, sentences, visit_row
    from gridplan.report.write import output_folder

    given = _Given(**options)
    works = read_works(plans, given.scenario)
    travel: Travel | None = None
    if given.places_path is not None:
        places = read_places(given.places_path)
        show_notes(places.notes)
        names = [work.name for work in works]
        travel = travel_between(places, names, detour=given.detour, km_h=given.km_h)
    rules = _rules(works, given)
    output_folder(out)
    made = make_programme(works, rules, travel)
    notes = _notes(works, rules, given)
    show_notes(notes)
    folder = write_programme(made, out, notes)
    rows = [visit_row(visit) for visit in made.visits]
    if form != "table":
        rows_out(rows, form, SCHEMA_VERSION, "visits", **programme_record(made))
        return
    if not quiet():
        click.echo("\n".join(sentences(made)))
    hidden = {"back_h", "hours_assumed"}
    print_table([{name: row[name] for name in row if name not in hidden} for row in rows])
    if made.left_out:
        click.echo("Left out:")
        print_table([left_row(left) for left in made.left_out])
    if not quiet():
        click.echo(f"Page and workbook: {folder / 'programme.html'}, {folder / 'programme.xlsx'}")


def _rules(works: Sequence[VillageWork], given: _Given) -> CrewDays:
    """How much crews can do; the last day is that of the earliest period of all plans."""
    from gridplan.errors import Fault, InputError
    from gridplan.measures.crew_work import last_work_day
    from gridplan.measures.programme import CrewDays

    silent = [work.where for work in works if work.first_day is None]
    if given.until is None and silent:
        what = "does not say its period, so the last day is not known"
        fault = Fault(code="plan-period", where=silent[0], what=what, remedy="give --until")
        raise InputError("plans", [fault])
    ends = [last_work_day(work.first_day) for work in works if work.first_day is not None]
    last = min(ends) if given.until is None else given.until.date()
    if given.first is not None and given.first.date() > last:
        raise click.UsageError(f"--from {given.first.date()} lies after the last day, {last}")
    return CrewDays(
        crew_days=given.crew_days,
        crews=given.crews,
        until=last,
        first=None if given.first is None else given.first.date(),
        ordered=None if given.ordered is None else given.ordered.date(),
        day_h=given.day_hours,
    )


def _notes(works: Sequence[VillageWork], rules: CrewDays, given: _Given) -> list[Fault]:
    """What the numbers rest on."""
    from gridplan.errors import Fault

    scenarios = ", ".join(dict.fromkeys(work.scenario for work in works))
    said = [f"hours of overload are those of the scenario {scenarios}"]
    if given.places_path is None:
        said.append("travel is not counted: give --places")
    else:
        said.append(
            f"travel: great circle times {given.detour:g} at {given.km_h:g} km/h (assumptions), "
            "from the station and back where the places name one"
        )
    assumed = sum(any(one.assumed for one in work.packages) for work in works)
    if assumed:
        said.append(
            f"crew hours of {assumed} villages' moves are an assumption (marked *): half an hour "
            "for the visit and half an hour per unit"
        )
    unpriced = [work for work in works if work.unpriced]
    if unpriced:
        said.append(
            f"{len(unpriced)} plans give no crew hours of some of their measures, which are not "
            f"offered: {unpriced[0].name}, {unpriced[0].unpriced[0]}"
        )
    if len(rules.days) * rules.crews < rules.crew_days:
        said.append(
            f"{len(rules.days)} days with {rules.crews} crews hold fewer crew days than "
            f"{rules.crew_days}"
        )
    return [
        Fault(code=f"programme-{at}", where="programme", what=what, severity="note")
        for at, what in enumerate(said)
    ]
