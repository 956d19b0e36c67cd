"""What a screening shows on its page, in its workbook and on a terminal: rows of ready text."""

from __future__ import annotations

from dataclasses import fields
from math import isnan
from typing import TYPE_CHECKING, Any

from gridplan.demand import screening_area as area
from gridplan.demand import screening_levels as levels
from gridplan.demand import screening_model as model
from gridplan.demand.screening import HEAVY, LIKELY, OVERLOAD, UNDECIDED, WORTH_A_MODEL, Advice
from gridplan.report.tables import number, percent

if TYPE_CHECKING:
    from gridplan.demand.screening import ScreenedArea, ScreenedStation, Screening

#: English and Chinese headings of ``ScreenedArea``.
AREA_HEADINGS = {
    "rank": ("Rank", "排名"),
    "station": ("Station", "供电所"),
    "area": ("Area", "台区编号"),
    "sn_kva": ("Rating [kVA]", "额定容量"),
    "vector_group": ("Vector group", "联结组标号"),
    "homes": ("Homes", "户数"),
    "p_overload": ("P(overload)", "过载概率"),
    "p_low": ("P lowest", "概率下限"),
    "p_high": ("P highest", "概率上限"),
    "p_heavy": ("P(heavy load)", "重载概率"),
    "hours_over_100": ("Hours > 100 %", "过载小时"),
    "hours_over_80": ("Hours > 80 %", "重载小时"),
    "load_p50_kva": ("Two-hour load p50 [kVA]", "两小时负荷中位数"),
    "load_p95_kva": ("Two-hour load p95 [kVA]", "两小时负荷95分位"),
    "load_rate_p50_percent": ("Load rate p50 [%]", "负载率中位数"),
    "load_rate_p95_percent": ("Load rate p95 [%]", "负载率95分位"),
    "peak_at": ("Peak at", "峰值时间"),
    "basis": ("Rests on", "依据"),
    "width": ("Width (p95-p5)/p50", "不确定度"),
    "known": ("Known", "把握"),
    "advice": ("Advice", "建议"),
    "stake_homes": ("Homes at stake", "涉及户数"),
    "turn": ("Turn within the advice", "同类次序"),
}
STATION_HEADINGS = {
    "station": ("Station", "供电所"),
    "areas": ("Areas", "台区数"),
    "expected_overloaded": ("Expected overloaded", "预计过载台区"),
    "overloaded_p5": ("p5", "5分位"),
    "overloaded_p95": ("p95", "95分位"),
    "visit": ("Visit", "先走访"),
    "model": ("Model", "建模"),
    "measure": ("Measure", "先实测"),
    "leave": ("Leave", "暂不处理"),
    "first": ("First area", "首要台区"),
}
#: By advice: English and Chinese words, and why, in both.
ADVICE_WORDS = {
    Advice.VISIT: (
        "visit",
        "先走访",
        "Likely overloaded and nothing is known: go before the holiday",
        "很可能过载且无数据，节前走访",
    ),
    Advice.MODEL: (
        "model",
        "建模",
        "Overload likely, or as likely as curves can tell: build the feeder model, plan the moves",
        "过载可能性大，建立线路模型并安排调相",
    ),
    Advice.MEASURE: (
        "measure",
        "先实测",
        "Undecided: fetch the transformer's 96-point curves, those of past festivals first",
        "尚难判断，先调取96点曲线，往年春节优先",
    ),
    Advice.LEAVE: ("leave", "暂不处理", "Nothing to do for this festival", "本次春节暂不处理"),
}
BASIS_WORDS = {
    "plate": "铭牌",
    "register": "返乡登记",
    "curves": "负荷曲线",
    "festival curves": "往年春节曲线",
    "special loads": "特殊负荷",
}
KNOWN_WORDS = {"well": "高", "fairly": "中", "poorly": "低"}


def area_record(row: ScreenedArea) -> dict[str, Any]:
    """A ranked area for programs; the time as text."""
    record: dict[str, Any] = {field.name: getattr(row, field.name) for field in fields(row)}
    return {**record, "peak_at": f"{row.peak_at:%Y-%m-%d %H:%M}", "advice": row.advice.value}


def station_record(row: ScreenedStation) -> dict[str, Any]:
    """A station for programs."""
    return {field.name: getattr(row, field.name) for field in fields(row)}


def basis_words(basis: str) -> str:
    """What a result rests on, in Chinese."""
    return " + ".join(BASIS_WORDS[part] for part in basis.split(" + "))


def verdict(screening: Screening) -> str:
    """The county in one sentence."""
    county = screening.county
    low, high = f"{county.overloaded_p5:,.0f}", f"{county.overloaded_p95:,.0f}"
    return (
        f"Of {county.areas:,} areas about {county.expected_overloaded:,.0f} are expected to be "
        f"overloaded ({low} to {high} in nine of ten draws): visit {county.visit:,}, "
        f"model {county.model:,}, measure {county.measure:,}, leave {county.leave:,}."
    )


def verdict_zh(screening: Screening) -> str:
    """The same in Chinese."""
    county = screening.county
    return (
        f"{county.areas} 个台区中预计约 {county.expected_overloaded:.0f} 个过载"
        f"（九成把握 {county.overloaded_p5:.0f}–{county.overloaded_p95:.0f} 个）："
        f"先走访 {county.visit} 个，建模 {county.model} 个，先实测 {county.measure} 个。"
    )


def level_record(screening: Screening) -> dict[str, Any]:
    """What the county's curves say of its level, for programs; None where it is unknown."""
    record = {f.name: getattr(screening.level, f.name) for f in fields(screening.level)}
    return {**record, "usual_c": None if isnan(record["usual_c"]) else record["usual_c"]}


def level_line(screening: Screening) -> str:
    """How the level of the county's homes is known."""
    level, cold = screening.level, _cold_words(screening)
    spread = f"{level.factor_p5:.2f} to {level.factor_p95:.2f} times"
    if not level.ordinary_areas and not level.festival_areas:
        return (
            "No area has curves: the level of homes is an assumption between published figures. "
            f"The county may lie at {spread} of it in nine of ten draws, all its areas alike; "
            f"curves of past festivals from a few transformers settle most of that. {cold}"
        )
    return (
        f"The county's homes lie at {level.factor_p50:.2f} times the assumed level ({spread} in "
        f"nine of ten draws), learned from {level.ordinary_areas} areas with winter curves and "
        f"{level.festival_areas} with past festivals; growth {level.growth_percent:.1f} % a year, "
        f"festivals of one area differ by {level.own_percent:.0f} %. {cold}"
    )


def _cold_words(screening: Screening) -> str:
    """What was taken of the weather."""
    level, colder_c = screening.level, screening.colder_c
    usual = "" if isnan(level.usual_c) else f" ({level.usual_c:.1f} °C)"
    taken = "The festival's temperature is drawn around what is usual"
    if colder_c is not None:
        way = "colder" if colder_c >= 0 else "warmer"
        taken = f"The festival is taken {abs(colder_c):g} K {way} than usual"
    return f"{taken}{usual}: {level.heating_percent_per_c:.1f} % more load per kelvin colder."


def level_line_zh(screening: Screening) -> str:
    """The same in Chinese."""
    level, colder_c = screening.level, screening.colder_c
    spread = f"{level.factor_p5:.2f}–{level.factor_p95:.2f} 倍"
    cold = "春节气温在常年附近随机抽取"
    if colder_c is not None:
        cold = f"设定春节比常年{'冷' if colder_c >= 0 else '暖'} {abs(colder_c):g} ℃"
    cold += f"，每冷 1 ℃ 负荷增加 {level.heating_percent_per_c:.1f} %。"
    if not level.ordinary_areas and not level.festival_areas:
        return (
            f"全县无负荷曲线：户均水平取自公开报道，属假设；全县九成把握在其 {spread} 之间，"
            f"各台区同向偏离。调取少数配变往年春节曲线即可大体确定。{cold}"
        )
    return (
        f"本县户均水平为假设值的 {level.factor_p50:.2f} 倍（九成把握 {spread}），依据 "
        f"{level.ordinary_areas} 个台区冬季曲线、{level.festival_areas} 个台区往年春节曲线；"
        f"年增长 {level.growth_percent:.1f} %，同一台区各年春节相差 {level.own_percent:.0f} %。"
        f"{cold}"
    )


def shown_area(row: ScreenedArea) -> dict[str, Any]:
    """A ranked area as the page shows it."""
    return {
        **area_record(row),
        "probability": percent(row.p_overload),
        "interval": f"{100 * row.p_low:.0f}–{100 * row.p_high:.0f} %",
        "bar": f"{100 * row.p_overload:.1f}",
        "bar_low": f"{100 * row.p_low:.1f}",
        "bar_width": f"{100 * (row.p_high - row.p_low):.1f}",
        "hours": number(row.hours_over_100, 2),
        "heavy_hours": number(row.hours_over_80, 2),
        "rate": f"{row.load_rate_p50_percent:.0f} / {row.load_rate_p95_percent:.0f}",
        "load": f"{number(row.load_p50_kva)} / {number(row.load_p95_kva)}",
        "stake": f"{row.stake_homes:.0f}",
        "when": f"{row.peak_at:%m-%d %H:%M}",
        "kva": f"{row.sn_kva:g}",
        "group": row.vector_group or "–",
        "basis_zh": basis_words(row.basis),
        "known_zh": KNOWN_WORDS[row.known],
        "advice_zh": ADVICE_WORDS[row.advice][1],
    }


def short_area(row: ScreenedArea) -> dict[str, Any]:
    """A ranked area as a terminal shows it."""
    return {
        "rank": row.rank,
        "station": row.station,
        "area": row.area,
        "kVA": f"{row.sn_kva:g}",
        "homes": row.homes,
        "P(overload)": f"{percent(row.p_overload)} ({100 * row.p_low:.0f}-{100 * row.p_high:.0f})",
        "h >100%": number(row.hours_over_100, 2),
        "load rate p50/p95 %": f"{row.load_rate_p50_percent:.0f} / {row.load_rate_p95_percent:.0f}",
        "peak at": f"{row.peak_at:%m-%d %H:%M}",
        "rests on": row.basis,
        "known": row.known,
        "advice": f"{row.advice.value} {ADVICE_WORDS[row.advice][1]}",
    }


def assumption_rows() -> list[tuple[str, str, str, str]]:
    """Every assumption: what, its Chinese name, value, status and source."""
    growth = f"{model.GROWTH:.0%}, {model.GROWTH_SD:.0%}"
    return [
        ("Overload: load rate, two hours together", "过载", f"> {OVERLOAD:.0%}",
         "V, rule set cn-default"),
        ("Heavy load: load rate, two hours together", "重载", f"> {HEAVY:.0%}",
         "V, rule set cn-default"),
        ("Power factor of an area", "功率因数", f"{model.POWER_FACTOR:g}", "A"),
        ("Festival days screened (0 = New Year's Day)", "计算时段",
         f"{area.FIRST_DAY} to {area.LAST_DAY}", "as the sample study"),
        ("Level of homes over the documented one: median", "户均水平",
         f"{model.HOME_LEVEL:g} of {model.LEVEL_YEAR}'s", "A, household_levels.csv"),
        ("Level of a county: sd of log, common to all days, of ordinary or festival days",
         "全县水平差异", f"{levels.LEVEL_SD:g}, {levels.KIND_SD:g}", "A, published growth 2 to 6"),
        ("Growth of demand per year, sd", "年增长率", growth, "A, learned where there are curves"),
        ("Rise per kelvin colder, sd", "气温敏感度",
         f"{levels.HEATING:.0%}, {levels.HEATING_SD:.0%}", "A, learned from past winters"),
        ("Festival colder or warmer than usual, sd", "春节气温年际差异",
         f"{levels.FESTIVAL_C_SD:g} K", "A"),
        ("What else a winter does to a county (sd of log); correlation of its ordinary days with "
         "its festival", "年际差异", f"{levels.WINTER_SD:g}, {levels.WINTER_CORRELATION:g}",
         "A, the first learned from past winters"),
        ("Homes lived in all year, where not given: median share, sd of log", "常住比例",
         f"{model.LIVED_IN_SHARE:.0%}, {model.LIVED_IN_SD:g}", "A"),
        ("Homes that returnees come to, without a register: median share, sd of log odds",
         "返乡户比例", f"{model.RETURNING_SHARE:.0%}, {model.RETURNING_SD:g}", "A"),
        ("Coverage of the register: mean, sd", "登记覆盖率",
         f"{model.COVERAGE:.0%}, {model.COVERAGE_SD:g}", "A"),
        ("Days at home of those without dates", "在家曲线", "presence_curve.csv", "A"),
        ("Travel wave earlier or later, sd", "返乡潮提前/推迟",
         f"{model.WAVE_SD_DAYS:g} d", "A"),
        ("Level of an area (sd of log)", "台区水平差异", f"{model.AREA_SD:g}",
         "A, learned where there are curves"),
        ("Ordinary days, festivals of one area from winter to winter (sd of log)", "台区年际差异",
         ", ".join(f"{sd:g}" for sd in levels.OWN_SD), "A, learned where there are curves"),
        ("Homes among each other, and in time: coefficients of variation", "户间差异/时间差异",
         f"{model.HOME_CV:g}, {model.TIME_CV:g}", "C, British homes; demand factors of JGJ 242"),
        ("Ordinary winter days: months; further from New Year's Day than", "冬季平常日",
         f"{', '.join(map(str, area.WINTER_MONTHS))}; {area.ORDINARY_FROM_DAY} d", "A"),
        ("Advice: likely, worth a model, undecided from a probability of", "建议门槛",
         f"{LIKELY:.0%}, {WORTH_A_MODEL:.0%}, {UNDECIDED:.0%}", "A"),
        ("Special loads of the ledger: days and hours; rating where it gives none", "特殊负荷",
         "special_kinds.csv", "A; ratings K"),
        ("Not in it: phases, special loads neither listed nor measured, persons per home",
         "未考虑", "–", "an unbalanced area is worse than its rank"),
    ]  # fmt: skip
