"""Daily statistics and weekly report as a page for people."""

from __future__ import annotations

from importlib import resources
from typing import TYPE_CHECKING, Any

from gridplan.records.orders_statistics import NOBODY, TOTAL
from gridplan.report.words import Words

if TYPE_CHECKING:
    from gridplan.records.orders_item import Item
    from gridplan.records.orders_statistics import Statistics, Tally

#: Columns of the table of stations, after the station.
COLUMNS = (
    "found", "closed", "rejected", "found_ever", "closed_ever", "rejected_ever", "unfinished",
    "waived", "overdue", "rate_percent", "mean_days",
)  # fmt: skip


def orders_html(found: Statistics, language: str = "en") -> str:
    """One page, offline, every text escaped."""
    from jinja2 import Environment, StrictUndefined
    from markupsafe import Markup

    from gridplan.report.svg import FONT_STACK

    words = Words(language)
    source = resources.files("gridplan.report").joinpath("templates/orders.html.j2")
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    template = environment.from_string(source.read_text(encoding="utf-8"))
    name = "report_daily" if found.first_day == found.last_day else "report_weekly"
    return template.render(
        language=language,
        words=words,
        title=words(name, first=found.first_day, last=found.last_day),
        columns=COLUMNS,
        kinds=[
            (
                words(f"{kind}s"),
                [_row(tally, words) for tally in found.tallies if tally.kind == kind],
            )
            for kind in ("issue", "order")
        ],
        lists=[
            (words("overdue_list"), [_item(item, words) for item in found.overdue]),
            (words("broken_list"), [_item(item, words) for item in found.broken]),
        ],
        font_stack=Markup(FONT_STACK),
    )


def _row(tally: Tally, words: Words) -> dict[str, Any]:
    """One station; unknown figures as a dash."""
    values = {name: getattr(tally, name) for name in COLUMNS}
    shown = {name: "–" if value is None else f"{value:g}" for name, value in values.items()}
    known = {TOTAL: words("total"), NOBODY: "–"}
    return {
        "station": known.get(tally.station, tally.station),
        "all": tally.station == TOTAL,
        **shown,
    }


def _item(item: Item, words: Words) -> dict[str, Any]:
    return {
        "name": item.name,
        "title": item.title,
        "feeder": item.feeder,
        "station": item.station or "–",
        "state": words(f"state_{item.state.value}"),
        "due": item.known("due") or "–",
    }
