"""Rows of a crew programme, as the table, the workbook and the page show them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gridplan.report.tables import number

if TYPE_CHECKING:
    from gridplan.measures.programme import LeftOut, Programme, Visit

PROVEN_PERCENT = 0.005  #: a gap below it is none

#: Headings in both languages by column.
VISIT_HEADINGS = {
    "date": ("date", "日期"),
    "crew": ("crew", "班组"),
    "stop": ("stop", "次序"),
    "village": ("village", "台区"),
    "work": ("work", "措施"),
    "travel_h": ("travel [h]", "路程(小时)"),
    "work_h": ("work [h]", "作业(小时)"),
    "back_h": ("way back [h]", "返程(小时)"),
    "prevented_h": ("overload hours prevented", "预计减少过载小时"),
    "part": ("day of", "第几天"),
    "order_by": ("order material by", "最迟订货"),
    "hours_assumed": ("hours assumed", "工时为假设"),
}
LEFT_HEADINGS = {
    "village": ("village", "台区"),
    "overload_h": ("expected overload hours", "预计过载小时"),
    "harm_h": ("expected harm [customer h]", "预计影响(户·小时)"),
    "customers": ("customers", "户数"),
    "why": ("why it is left out", "未列入原因"),
}


def visit_row(visit: Visit) -> dict[str, Any]:
    """One crew in one village on one day."""
    return {
        "date": visit.date.isoformat(),
        "crew": visit.crew,
        "stop": visit.stop,
        "village": visit.village,
        "work": visit.package.label,
        "travel_h": round(visit.travel_h, 2),
        "work_h": round(visit.work_h, 2),
        "back_h": round(visit.back_h, 2),
        "prevented_h": round(visit.prevented_h, 2),
        "part": f"{visit.part}/{visit.parts}",
        "order_by": None if visit.order_by is None else visit.order_by.isoformat(),
        "hours_assumed": visit.package.assumed,
    }


def left_row(left: LeftOut) -> dict[str, Any]:
    """One village that no crew visits."""
    work = left.village
    return {
        "village": work.name,
        "overload_h": round(work.overload_h, 2),
        "harm_h": None if work.harm_h is None else round(work.harm_h, 1),
        "customers": work.customers,
        "why": left.why,
    }


def programme_record(programme: Programme) -> dict[str, Any]:
    """Everything a program needs to know about a programme."""
    rules = programme.rules
    return {
        "crew_days": rules.crew_days,
        "crew_days_used": programme.crew_days,
        "crews": rules.crews,
        "day_h": rules.day_h,
        "days": [day.isoformat() for day in rules.days],
        "ordered": None if rules.ordered is None else rules.ordered.isoformat(),
        "overload_h": programme.overload_h,
        "prevented_h": programme.prevented_h,
        "bound_h": programme.bound_h,
        "gap_percent": programme.gap_percent,
        "priced": programme.priced,
        "left_out": [left_row(left) for left in programme.left_out],
    }


def sentences(programme: Programme) -> tuple[str, str]:
    """What the programme does and how good it is, in English and Chinese."""
    villages = len({visit.village for visit in programme.visits})
    used, there = programme.crew_days, programme.rules.crew_days
    prevented, total = (number(h) for h in (programme.prevented_h, programme.overload_h))
    best, best_zh = "no other programme prevents more", "已证最优"
    if programme.gap_percent >= PROVEN_PERCENT:
        gap = number(programme.gap_percent, 2)
        best, best_zh = f"the best one prevents at most {gap} % more", f"与上界差 {gap} %"
    english = (
        f"{villages} village{'s' if villages != 1 else ''} in {used} of {there} crew days: "
        f"{prevented} of {total} expected overload hours prevented; {best}"
    )
    chinese = (
        f"{there} 个班组日用 {used} 个，{villages} 个台区：预计过载 {total} 小时，减少 {prevented} "
        f"小时；{best_zh}"
    )
    return english, chinese
