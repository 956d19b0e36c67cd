"""What a county's curves say of its level: found where it was put in, exact where it is known."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gridplan.demand.calendar import nearest_festival
from gridplan.demand.screening import screen
from gridplan.demand.screening_area import Area, County, Winter
from gridplan.demand.screening_days import DayKind, day_kind
from gridplan.demand.screening_input import read_screening
from gridplan.demand.screening_judge import measured_shapes
from gridplan.demand.screening_levels import (
    FESTIVAL_C_SD,
    GROWTH,
    GROWTH_SD,
    HEATING,
    HEATING_SD,
    KIND_SD,
    LEVEL_SD,
    OWN_SD,
    WINTER_SD,
    Levels,
    county_levels,
)
from gridplan.demand.screening_seen import FESTIVAL, ORDINARY, Expected, observed
from gridplan.demand.screening_spread import Panel, spread_of_areas, spread_of_winters
from gridplan.demand.screening_weather import Temperatures
from gridplan.errors import StudyError
from tests.unit.demand.transformers import flat, winters

PLATE = Area(area="1", station="S", sn_kva=100.0, vector_group="Dyn11", homes=60)
DRAWS = 4000
#: What the homes of every made area let expect [kW], and how surely.
ORDINARY_KW, FESTIVAL_KW, AREA_SD = 20.0, 90.0, 0.2


def expected(seed: int = 0) -> Expected:
    apart = AREA_SD * np.random.default_rng(seed).standard_normal((DRAWS, 2))
    return Expected(centre=np.log([ORDINARY_KW, FESTIVAL_KW]), apart=apart - apart.mean(axis=0))


def winter(
    year: int, ordinary_kw: float | None, festival_kw: float | None, colder_c: float = np.nan
) -> Winter:
    """A winter of ten like ordinary days and three like festival days."""
    days = [] if festival_kw is None else [-1, 0, 1]
    return Winter(
        year=year,
        ordinary_kw=np.full(0 if ordinary_kw is None else 10, ordinary_kw or 1.0),
        days=np.array(days, dtype=np.int64),
        p_kw=np.full((len(days), 96), festival_kw or 1.0, dtype=np.float32),
        ordinary_colder_c=0.0 if np.isfinite(colder_c) else np.nan,
        festival_colder_c=colder_c,
    )


def made_county(
    n_area: int = 30,
    *,
    level: float = 0.0,
    growth: float = 0.0,
    heating: float = 0.0,
    own_sd: float = 0.1,
    area_sd: float = AREA_SD,
) -> list[tuple[Area, Expected]]:
    """Areas with three measured festivals before 2027, warm, cold, usual."""
    rng = np.random.default_rng(5)
    colds = {2024: -3.0, 2025: 4.0, 2026: 0.5}
    found = []
    for number in range(n_area):
        area = area_sd * rng.standard_normal()
        past = tuple(
            winter(
                year,
                ORDINARY_KW * np.exp(level + growth * (year - 2027)),
                FESTIVAL_KW
                * np.exp(level + growth * (year - 2027) + heating * cold + area
                         + own_sd * rng.standard_normal()),
                cold,
            )
            for year, cold in colds.items()
        )  # fmt: skip
        found.append((replace(PLATE, area=f"{number:03d}", winters=past), expected(number)))
    return found


def sd(levels: Levels) -> float:
    return float(levels.festival.std())


# ---------------------------------------------------------------- the county


def test_a_county_without_curves_keeps_the_assumed_level() -> None:
    levels = county_levels([], 2027, 50_000, 0)
    cold_sd = FESTIVAL_C_SD * np.hypot(HEATING, HEATING_SD)
    assumed = np.sqrt(LEVEL_SD**2 + KIND_SD**2 + WINTER_SD**2 + cold_sd**2)
    assert levels.festival.mean() == pytest.approx(0.0, abs=0.01)
    assert sd(levels) == pytest.approx(assumed, rel=0.02)
    assert levels.growth.mean() == pytest.approx(GROWTH, abs=0.001)
    assert levels.growth.std() == pytest.approx(GROWTH_SD, rel=0.03)
    assert levels.n_area.tolist() == [0, 0]
    np.testing.assert_array_equal(levels.area_factor, [1, 1])
    np.testing.assert_array_equal(levels.own_sd, OWN_SD)


def test_level_growth_and_heating_are_found_and_become_surer() -> None:
    few, many = (
        county_levels(made_county(number, level=0.4, growth=0.05, heating=0.06), 2027, DRAWS, 0)
        for number in (2, 60)
    )
    county = many.drawn[:, FESTIVAL]
    assert county.mean() == pytest.approx(0.4, abs=0.1)
    assert many.drawn[:, ORDINARY].mean() == pytest.approx(0.4, abs=0.1)
    assert many.heating.mean() == pytest.approx(0.06, abs=0.015)
    assert many.growth.mean() == pytest.approx(0.04, abs=0.02)
    assert many.drawn[:, FESTIVAL].std() < few.drawn[:, FESTIVAL].std() < LEVEL_SD
    assert many.heating.std() < 0.5 * HEATING_SD
    assert many.n_cold == 3
    # what the festival to come will be like nobody knows
    assert sd(many) > 0.06 * FESTIVAL_C_SD


def test_the_posterior_is_that_of_the_whole_normal_model() -> None:
    """One area, one festival: the joint normal distribution written out, conditioned by hand."""
    area = replace(PLATE, winters=(winter(2026, None, FESTIVAL_KW * np.exp(0.5)),))
    levels = county_levels([(area, expected())], 2027, 200_000, 0)
    spread = float(np.var(expected().apart[:, FESTIVAL], ddof=1))
    unknown_cold = (HEATING**2 + HEATING_SD**2) * FESTIVAL_C_SD**2
    county = LEVEL_SD**2 + KIND_SD**2
    total = county + GROWTH_SD**2 + WINTER_SD**2 + unknown_cold + spread + OWN_SD[FESTIVAL] ** 2
    surprise = 0.5 + GROWTH  # the festival lies a year back
    drawn = levels.drawn[:, FESTIVAL]
    assert drawn.mean() == pytest.approx(county / total * surprise, abs=0.003)
    assert drawn.var() == pytest.approx(county - county**2 / total, rel=0.02)
    assert levels.growth.mean() == pytest.approx(GROWTH - GROWTH_SD**2 / total * surprise, abs=1e-3)


def test_the_order_of_the_areas_does_not_matter() -> None:
    areas = made_county(7)
    forth, back = county_levels(areas, 2027, 50, 3), county_levels(areas[::-1], 2027, 50, 3)
    np.testing.assert_array_equal(forth.drawn, back.drawn)
    np.testing.assert_array_equal(forth.own_sd, back.own_sd)


def test_a_wrong_ratio_is_named_and_says_nothing_about_others() -> None:
    areas = made_county(20)
    area, what = areas[4]
    times_40 = tuple(
        replace(one, p_kw=one.p_kw * np.float32(40), ordinary_kw=one.ordinary_kw * 40)
        for one in area.winters
    )
    wrong = [*areas[:4], (replace(area, winters=times_40), what), *areas[5:]]
    levels, right = (county_levels(one, 2027, DRAWS, 0) for one in (wrong, areas))
    assert [name for name, _ in levels.strange] == ["004"]
    assert levels.strange[0][1] == pytest.approx(40, rel=0.4)
    assert right.strange == ()
    assert levels.festival.mean() == pytest.approx(right.festival.mean(), abs=0.05)
    assert levels.own_sd == pytest.approx(right.own_sd, rel=0.1)


def test_a_cold_snap_can_be_given() -> None:
    areas = made_county(40, heating=0.06)
    drawn = county_levels(areas, 2027, DRAWS, 0)
    cold, mild = (county_levels(areas, 2027, DRAWS, 0, colder) for colder in (5.0, -5.0))
    assert cold.festival.mean() - mild.festival.mean() == pytest.approx(0.6, abs=0.15)
    assert sd(cold) < 0.7 * sd(drawn)


# ---------------------------------------------------------------- its areas


def county_of(*areas: Area) -> County:
    return County(year=2027, areas=areas)


def with_festivals(area: str, kw: float) -> Area:
    past = (flat(day, [kw] * 3) for day in ("2024-02-09", "2025-01-28", "2026-02-16"))
    return replace(PLATE, area=area, winters=winters(*past))


def loads(*areas: Area) -> dict[str, tuple[float, float]]:
    """Median and width of the two-hour load by area."""
    rows = screen(county_of(*areas), draws=600).areas
    return {row.area: (row.load_p50_kva, row.width) for row in rows}


def test_areas_without_curves_learn_from_those_that_have_some() -> None:
    alone = loads(PLATE)["1"]
    measured = [with_festivals(f"m{n}", 150.0) for n in range(8)]
    taught = loads(PLATE, *measured)["1"]
    assert 1.25 * alone[0] < taught[0] < 165
    assert taught[1] < 0.85 * alone[1]
    own = loads(PLATE, *measured)["m3"]
    assert own[1] < 0.8 * taught[1], "the area's own curves say more"
    assert own[0] == pytest.approx(150 / 0.95, rel=0.1)


def test_what_is_far_from_its_county_stays_near_its_own_curves() -> None:
    measured = [with_festivals(f"m{n}", kw) for n, kw in enumerate([80.0] * 8 + [130.0])]
    found = loads(*measured)
    assert found["m0"][0] == pytest.approx(80 / 0.95, rel=0.1)
    assert 1.3 < found["m8"][0] / found["m0"][0] < 130 / 80


def test_days_are_those_that_were_measured() -> None:
    curves = np.stack([np.full(96, 10.0 + day, dtype=np.float32) for day in range(5)])
    first, second = winters(("2025-01-28", curves), ("2026-02-16", 2 * curves[:3]))
    shapes = measured_shapes((first, second), np.arange(-10, 16))
    np.testing.assert_allclose(shapes[0, 9:14, 0], np.arange(10, 15) / 14, rtol=1e-6)
    np.testing.assert_allclose(shapes[1, 9:12, 0], np.arange(10, 13) / 12, rtol=1e-6)
    # the fourth and fifth day of the second festival are those of the first
    np.testing.assert_allclose(shapes[1, 12:14], shapes[0, 12:14])
    assert np.isnan(shapes[:, :9]).all()
    assert np.isnan(shapes[:, 14:]).all()


def test_what_curves_say() -> None:
    area = replace(
        PLATE,
        winters=winters(flat("2026-12-01", [10.0, 12.0, 14.0]), flat("2026-02-16", [50.0] * 3)),
    )
    seen = observed(area)
    assert seen.kind.tolist() == [FESTIVAL, ORDINARY]
    assert seen.year.tolist() == [2026, 2027]
    assert np.exp(seen.log_kw) == pytest.approx([50.0, 12.0])
    assert seen.variance[0] == 0.0
    assert seen.variance[1] == pytest.approx(np.log([10, 12, 14]).var() / 3)
    assert np.isnan(seen.colder_c).all()


# ---------------------------------------------------------------- variances


def panel(own_sd: float, winter_sd: float, area_sd: float, n_area: int = 200) -> Panel:
    """Residuals of some areas over six winters, one in five missing."""
    rng = np.random.default_rng(1)
    area, year = np.divmod(np.arange(6 * n_area), 6)
    of_winter = rng.standard_normal(6)
    residual = own_sd * rng.standard_normal(len(area)) + winter_sd * of_winter[year]
    residual += area_sd * rng.standard_normal(n_area)[area]
    kept = rng.random(len(area)) < 0.8
    zero = np.zeros(kept.sum())
    return Panel(area=area[kept], winter=year[kept], residual=residual[kept], variance=zero)


def test_variances_are_found() -> None:
    made = panel(0.2, 0.3, 0.4)
    found = spread_of_winters(made, own_sd=0.1, winter_sd=np.full(6, 0.1))
    assert found.own_sd == pytest.approx(0.2, rel=0.05)
    assert 1.5 < found.winter_factor <= 3.0, "six winters against an assumption that weighs five"
    factor = spread_of_areas(made, found, np.full(200, 0.2**2))
    assert factor == pytest.approx(2.0, rel=0.15)


def test_few_areas_hardly_change_what_is_assumed() -> None:
    made = panel(0.2, 0.0, 0.0, n_area=1)
    found = spread_of_winters(made, own_sd=0.1, winter_sd=np.full(6, 0.1))
    assert found.own_sd == 0.1, "one area cannot tell winters from its own ones"
    assert spread_of_areas(made, found, np.full(1, 0.04)) == 1.0


def test_one_wrong_meter_is_no_spread() -> None:
    made = panel(0.1, 0.0, 0.1)
    wrong = np.where(made.area == 7, made.residual + 3.7, made.residual)
    found = spread_of_winters(made, own_sd=0.1, winter_sd=np.full(6, 0.1))
    factors = [
        spread_of_areas(replace(made, residual=one), found, np.full(200, 0.01))
        for one in (made.residual, wrong)
    ]
    assert factors[1] < 1.05 * factors[0]


# ---------------------------------------------------------------- days and temperatures


@pytest.mark.parametrize(
    ("date", "kind"),
    [
        ("2026-12-01", DayKind.ORDINARY),  # before the festival to come
        ("2027-01-16", DayKind.ORDINARY),  # 21 days before it
        ("2027-01-20", DayKind.OTHER),  # people may be back
        ("2027-01-27", DayKind.TO_COME),  # the first day that is forecast
        ("2027-03-20", DayKind.TO_COME),  # ordinary, but nobody knows it yet
        ("2028-01-20", DayKind.TO_COME),
        ("2026-02-16", DayKind.FESTIVE),
        ("2026-03-20", DayKind.ORDINARY),
        ("2026-07-01", DayKind.OTHER),
    ],
)
def test_what_a_day_is_good_for(date: str, kind: DayKind) -> None:
    assert day_kind(dt.date.fromisoformat(date), 2027) is kind
    assert nearest_festival(dt.date(2026, 2, 16)) == (2026, -1)


def test_nothing_of_the_festival_to_come_is_looked_at() -> None:
    before = flat("2026-12-01", [12.0] * 20)
    after = flat("2027-01-27", [500.0] * 60)
    assert winters(before, after)[0].ordinary_kw.tolist() == [12.0] * 20
    temperatures = Temperatures(screened=2027)
    temperatures.add(dt.date(2027, 1, 26), 3.0)
    temperatures.add(dt.date(2027, 1, 27), -9.0)
    assert temperatures.mean_c == {dt.date(2027, 1, 26): 3.0}
    assert temperatures.to_come == 1


def test_temperatures_against_what_is_usual() -> None:
    temperatures = Temperatures(screened=2027)
    assert np.isnan(temperatures.usual_festival_c())
    assert np.isnan(temperatures.of_festival(2026))
    for year, mean_c in ((2025, 2.0), (2026, 6.0)):
        for day in range(120):
            temperatures.add(dt.date(year - 1, 11, 15) + dt.timedelta(days=day), mean_c)
    # New Year's Day of 2027 is 6 February: both winters know the days around it
    assert temperatures.usual_festival_c() == pytest.approx(4.0)
    assert temperatures.usual_ordinary_c() == pytest.approx(4.0, abs=0.5)
    days = flat("2025-01-28", [50.0] * 3), flat("2026-02-16", [50.0] * 3)
    cold, warm = winters(*days, temperatures=temperatures)
    assert cold.festival_colder_c == pytest.approx(2.0)
    assert warm.festival_colder_c == pytest.approx(-2.0)
    assert np.isnan(cold.ordinary_colder_c), "no ordinary day was measured"


def write_county(folder: Path, temperature: str) -> None:
    (folder / "台区.csv").write_text("area,kva,homes\n1,100,60\n", encoding="utf-8")
    points = ",".join(f"P{number}" for number in range(1, 97))
    curve = ",".join(["20"] * 96)
    days = ("2026-01-01", "2026-02-16", "2026-02-17", "2026-07-01", "2027-02-05")
    lines = [f"area,date,{points}", *(f"1,{day},{curve}" for day in days)]
    (folder / "curves.csv").write_text("\n".join(lines), encoding="utf-8")
    (folder / "temperature.csv").write_text(temperature, encoding="utf-8")


def test_a_folder_with_temperatures_and_days_that_are_not_used(tmp_path: Path) -> None:
    rows = "\n".join(f"2026-02-{day:02d},{day}" for day in range(1, 26))
    write_county(tmp_path, f"date,mean_c\n{rows}\n2027-02-05,-3\n")
    found = read_screening(tmp_path, 2027)
    assert found.festival_usual_c == pytest.approx(np.mean(range(1, 20)), abs=1.0)
    said = {note.what for note in found.notes if note.code == "screen-days-unused"}
    assert len(said) == 4
    assert any("1 day(s) of the festival of 2027 itself" in what for what in said)
    assert any("1 day(s) of temperature" in what for what in said)
    assert any("1 festival(s) of which fewer than 3" in what for what in said)
    assert any("1 day(s) neither" in what for what in said)
    assert [winter.year for winter in found.areas[0].winters] == [2026]
    assert found.areas[0].festivals == ()


def test_faults_of_temperatures_are_reported(tmp_path: Path) -> None:
    write_county(
        tmp_path, "日期,平均气温\n2026-02-01,5\n2026-02-01,6\n2026-02-30,1\n2026-02-03,99\n"
    )
    with pytest.raises(StudyError) as caught:
        read_screening(tmp_path, 2027)
    places = [fault.where for fault in caught.value.faults if fault.severity == "error"]
    assert places == [f"temperature.csv:{line}" for line in (3, 4, 5)]


def test_a_screening_says_what_it_learned() -> None:
    areas = [with_festivals(f"m{n}", 100.0) for n in range(5)]
    level: Any = screen(county_of(PLATE, *areas), draws=100).level
    assert (level.ordinary_areas, level.festival_areas, level.known_colds) == (0, 5, 0)
    assert level.factor_p5 < level.factor_p50 < level.factor_p95
    assert 2 < level.own_percent < 12
    nothing = screen(county_of(PLATE), draws=100).level
    assert nothing.factor_p95 / nothing.factor_p5 > level.factor_p95 / level.factor_p5
