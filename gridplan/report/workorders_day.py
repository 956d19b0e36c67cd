"""The sheet of one crew day: what, where, in which order, with what, and what to measure."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gridplan.records.orders_measured import TOLERANCE_PERCENT

if TYPE_CHECKING:
    from gridplan.records.field_types import Band, CrewDay, Promised, PromisedHour
    from gridplan.report.workorders_style import Pen

#: Days before a planned outage at which it is announced (rules of supply supervision, article 13;
#: status K: own knowledge, the text was not checked).
NOTICE_DAYS = 7
#: Hours of which currents are printed: at noon, when the crew is there, and in the evening.
MEASURED_HOURS = (12, 19)

_CONDUCTORS = ("a", "b", "c", "n")
#: First and last column of the currents' table: state and hour, A, B, C, N, sum.
_CURRENT_SPANS = ((0, 1), (2, 3), (4, 4), (5, 6), (7, 8), (9, 9))


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderSheet:
    """One order as it is printed.

    Attributes
    ----------
    name : number of the order, or of the day within the plan
    feeder, study : names
    day : the work
    promised : currents to measure; None where the plan has none
    date, due : planned day, and the last one
    team, station, manager : who does it and answers for it
    rejected : units that are not to be moved
    """

    name: str
    feeder: str
    study: str
    day: CrewDay
    promised: Promised | None
    date: dt.date | None = None
    due: dt.date | None = None
    team: str = ""
    station: str = ""
    manager: str = ""
    rejected: tuple[str, ...] = ()


def write_day(pen: Pen, sheet: OrderSheet) -> None:
    """Write the whole sheet."""
    words, day = pen.words, sheet.day
    pen.line(f"{words('order')} {sheet.name} · {words('area')} {sheet.feeder}", "title")
    pen.line(f"{words(f'kind_{day.kind}')}: {day.label}", "subtitle")
    if day.detail:
        pen.line(day.detail, "small")
    _head(pen, sheet)
    if day.moves:
        _moves(pen, sheet)
    _steps(pen, day)
    _material(pen, day)
    _outages(pen, day)
    _currents(pen, sheet)
    pen.section("rollback")
    pen.line(words("rollback_moves" if day.moves else "rollback_other"))
    _signatures(pen)
    pen.fit()


def _head(pen: Pen, sheet: OrderSheet) -> None:
    """Who and when; what is not known yet is left to be filled in."""
    words, day = pen.words, sheet.day
    outage = "; ".join(
        words("outage_of", circuit=item.circuit, minutes=item.minutes) for item in day.outages
    )
    if len(day.outages) > 1:
        outage += f"; {words('time_in_all', minutes=day.minutes)}"
    notice = words("notice_days", days=NOTICE_DAYS)
    if sheet.date is not None:
        by = sheet.date - dt.timedelta(days=NOTICE_DAYS)
        notice = words("notice_by", date=by, days=NOTICE_DAYS)
    team = words(f"team_{sheet.team}") if sheet.team else ""
    rows = (
        ("planned_day", _text(sheet.date), "due", _text(sheet.due)),
        ("team", team, "station", sheet.station),
        ("manager", sheet.manager, "ticket", ""),
        ("outage", outage, "notice", notice if day.needs_outage else ""),
    )
    for left, value, right, other in rows:
        spans = [(words(left), 0, 1, "label"), (value, 2, 4, "cell")]
        spans += [(words(right), 5, 6, "label"), (other, 7, 9, "cell")]
        pen.cells(spans, height=20)
    if day.needs_outage:
        pen.line(words("no_outage"), "small")


def _moves(pen: Pen, sheet: OrderSheet) -> None:
    """One row per meter, in field order; phases in their colours."""
    words = pen.words
    pen.section("moves")
    names = ("number", "pole", "reconnect_at", "box", "customer", "from_phase", "to_phase")
    head = [(words(name), k, k, "head") for k, name in enumerate(names)]
    head += [(words(name), 7 + k, 7 + k, "head") for k, name in enumerate(_BY_HAND)]
    pen.cells(head, height=30)
    for move in sheet.day.moves:
        if move.unit in sheet.rejected:
            pen.line(words("rejected_unit", unit=move.unit), "warning")
            continue
        for customer in move.customers:
            texts = (str(move.order), customer.pole, move.at, customer.box, customer.customer_id)
            row = pen.row
            pen.cells([(text, k, k, "cell") for k, text in enumerate(texts)], height=18)
            below, pen.row = pen.row, row
            pen.phase(5, move.from_phase)
            pen.phase(6, move.to_phase)
            for column in (7, 8, 9):
                pen.span("", "blank", column, column)
            pen.row = below


_BY_HAND = ("found_phase", "left_phase", "done")


def _steps(pen: Pen, day: CrewDay) -> None:
    """The steps of the work, to be ticked; those on moves only where there are moves."""
    pen.section("steps")
    numbered = list(enumerate(pen.words.group("step"), start=1))
    for number, text in numbered:
        if day.moves or number not in _STEPS_OF_MOVES:
            pen.line(f"☐ {number}. {text}")
    pen.line(f"{pen.words('tools')}: {pen.words('tools_list')}", "small")


_STEPS_OF_MOVES = (5, 6)


def _material(pen: Pen, day: CrewDay) -> None:
    """What to take along."""
    words = pen.words
    pen.section("material")
    if not day.material:
        pen.line(words("material_none"))
    for item in day.material:
        amount = f"{item.quantity:g} {words(f'unit_{item.unit}')}"
        spans = [(words(f"item_{item.item}"), 0, 3, "cell"), (item.detail, 4, 6, "cell")]
        pen.cells([*spans, (amount, 7, 9, "cell")])


def _outages(pen: Pen, day: CrewDay) -> None:
    """Who must be told before, and who must not lose supply."""
    if not day.outages:
        return
    pen.section("tell")
    for outage in day.outages:
        ids = ", ".join(outage.customer_ids)
        pen.line(f"{outage.circuit} ({len(outage.customer_ids)}): {ids}")
        if outage.priority_ids:
            names = ", ".join(outage.priority_ids)
            pen.line(pen.words("tell_priority", ids=names), "warning")


def _currents(pen: Pen, sheet: OrderSheet) -> None:
    """What to expect and where to write what was measured, at noon and in the evening."""
    words, promised = pen.words, sheet.promised
    pen.section("currents")
    names = [words("state")]
    names += [words(f"phase_{name}") for name in _CONDUCTORS]
    names.append(words("sum"))
    pen.cells(
        [(text, *span, "head") for text, span in zip(names, _CURRENT_SPANS, strict=True)],
        height=30,
    )
    hours = [] if promised is None else [promised.at(hour) for hour in MEASURED_HOURS]
    for then in dict.fromkeys(hour for hour in hours if hour is not None):
        _expected(pen, "today_expected", then, then.before)
        _measured(pen, "measured_before")
        _expected(pen, "after_expected", then, then.after)
        _measured(pen, "measured_after")
    if promised is None:
        _measured(pen, "measured_before")
        _measured(pen, "measured_after")
        pen.line(words("currents_none"), "small")
        return
    pen.line(
        words(
            "currents_basis",
            scenario=promised.scenario,
            first=promised.first_day,
            last=promised.last_day,
            tolerance=f"{TOLERANCE_PERCENT:g}",
        ),
        "small",
    )
    if not sheet.day.final:
        pen.line(words("currents_later"), "small")


def _expected(pen: Pen, name: str, then: PromisedHour, shares: tuple[Band, ...]) -> None:
    """Median currents of an hour, with their shares."""
    total_a = then.total_a[1]
    texts = [f"{pen.words(name)} {then.hour}:00"]
    for _, middle, _ in shares:
        current, share = f"{middle * total_a:.1f}", f"{100 * middle:.0f}"
        texts.append(pen.words("share_of", current=current, share=share))
    texts.append(f"{total_a:.1f}")
    pen.cells([(text, *span, "cell") for text, span in zip(texts, _CURRENT_SPANS, strict=True)])


def _measured(pen: Pen, name: str) -> None:
    """Empty cells."""
    texts = [pen.words(name), *[""] * (len(_CURRENT_SPANS) - 1)]
    spans = zip(texts, _CURRENT_SPANS, strict=True)
    pen.cells([(text, *span, "blank") for text, span in spans], height=22)


def _signatures(pen: Pen) -> None:
    pen.section("signatures")
    who = ("sign_leader", "sign_permit", "sign_guard", "sign_check")
    for left, right in zip(who[::2], who[1::2], strict=True):
        spans = [(pen.words(left), 0, 1, "label"), ("", 2, 4, "blank")]
        spans += [(pen.words(right), 5, 6, "label"), ("", 7, 9, "blank")]
        pen.cells(spans, height=26)
    pen.cells([(pen.words("date_time"), 0, 1, "label"), ("", 2, 9, "blank")], height=24)


def _text(day: dt.date | None) -> str:
    return "" if day is None else day.isoformat()
