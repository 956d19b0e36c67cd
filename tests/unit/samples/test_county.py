"""A tiny synthetic county: its files are what stations keep, its people behave as people do."""

from __future__ import annotations

import csv
import datetime as dt
import importlib
import shutil
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from gridplan.demand.county import read_county
from gridplan.errors import StudyError
from gridplan.sheets import read_sheets
from tests.unit.samples.figures import ROOT

YEARS, BEFORE, AFTER = (2026, 2027), 30, 5
NEW_YEAR = {2026: dt.date(2026, 2, 17), 2027: dt.date(2027, 2, 6)}
DAYS = np.arange(-BEFORE, AFTER + 1)
SIZE = {"mean_homes": 14, "days_before": BEFORE, "days_after": AFTER}


def script(name: str) -> ModuleType:
    """A module of ``scripts/``; the folder is on the path where a test asks for ``scripts``."""
    return importlib.import_module(name)


@pytest.fixture(scope="module")
def scripts() -> Any:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ROOT / "scripts"))
        yield script


@pytest.fixture(scope="module")
def county(scripts: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out: Path = tmp_path_factory.mktemp("county")
    scripts("make_county").make_county(out, n_area=3, years=YEARS, seed=4, **SIZE)
    return out


@pytest.fixture(scope="module")
def festival(scripts: Any) -> Any:
    """One area, its people and the weather of 2027."""
    people, places = scripts("county.people"), scripts("county.places")
    area = places.make_area(0, 4, 60)
    presence = people.make_presence(area, 2027, DAYS, people.make_waves(4, 2027))
    return area, presence


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def curves_of(path: Path) -> dict[tuple[str, str], np.ndarray]:
    """Points by meter and date, NaN where blank."""
    return {
        (row["ID"], row["DATA_DATE"]): np.array(
            [float(row[f"P{point}"] or "nan") for point in range(1, 97)]
        )
        for row in rows_of(path)
    }


def numbers(county: Path) -> list[str]:
    return [row[1] for row in read_sheets(county / "transformers.xlsx")[0].rows[1:]]


def test_same_arguments_give_the_same_bytes(scripts: Any, county: Path, tmp_path: Path) -> None:
    scripts("make_county").make_county(tmp_path, n_area=3, years=YEARS, seed=4, **SIZE)
    paths = sorted(path.relative_to(county) for path in county.rglob("*") if path.is_file())
    assert len(paths) == 3 * len(YEARS) + 2 * len(YEARS) + 4
    for path in paths:
        assert (tmp_path / path).read_bytes() == (county / path).read_bytes(), path


def test_an_area_does_not_change_with_its_neighbours(
    scripts: Any, county: Path, tmp_path: Path
) -> None:
    scripts("make_county").make_county(tmp_path, n_area=1, years=(2027,), seed=4, **SIZE)
    (alone,) = (tmp_path / "meters" / "2027").iterdir()
    assert alone.read_bytes() == (county / "meters" / "2027" / alone.name).read_bytes()


def test_ledger_names_transformers(county: Path) -> None:
    (sheet,) = read_sheets(county / "transformers.xlsx")
    assert sheet.source == "transformers.xlsx[台区]"
    assert sheet.rows[0] == ("供电所", "台区编号", "额定容量(kVA)", "联结组标号", "户数")
    assert len({row[1] for row in sheet.rows[1:]}) == 3
    for station, number, kva, group, customers in sheet.rows[1:]:
        assert station
        assert float(kva) in {30, 50, 63, 80, 100, 125, 160, 200, 250, 315, 400, 500}
        assert group in {"Yyn0", "Dyn11"}
        seen = {meter for meter, _ in curves_of(county / "meters" / "2027" / f"{number}.csv")}
        assert len(seen) == int(customers)


def test_special_loads_are_named_and_are_no_homes(county: Path, tmp_path: Path) -> None:
    folder = tmp_path / "county"
    shutil.copytree(county, folder)
    area = numbers(county)[0]
    name = sorted({meter for meter, _ in curves_of(county / "meters" / "2027" / f"{area}.csv")})[0]
    text = f"台区编号,户号,用电类别,容量(kW)\n{area},{name},碾米厂,7\n{area},77,养猪场,\n"
    (folder / "special_loads.csv").write_text(text, encoding="utf-8")
    (read, *_), (plain, *_) = (read_county(one).areas for one in (folder, county))
    assert name in plain.ids
    assert sorted([*read.ids, name]) == sorted(plain.ids)
    for one, other in zip(read.festivals, plain.festivals, strict=True):
        assert one.special_kw.shape == (1, *one.p_kw.shape[1:])
        at = plain.ids.tolist().index(name)
        np.testing.assert_array_equal(one.special_kw[0], other.p_kw[at])
        np.testing.assert_array_equal(one.p_kw, np.delete(other.p_kw, at, axis=0))
        np.testing.assert_array_equal(one.listed, np.delete(other.listed, at))
    said = [note for note in read_county(folder).notes if note.code == "county-special"]
    assert [(note.where, note.severity) for note in said] == [("special_loads.csv:3", "warning")]
    wrong = f"台区编号,户号,用电类别\n9,1,养猪场\n{area},,养猪场\n{area},5,风车\n"
    wrong += f"{area},6,冷库\n{area},6,冷库\n"
    (folder / "special_loads.csv").write_text(wrong, encoding="utf-8")
    with pytest.raises(StudyError) as caught:
        read_county(folder)
    errors = [fault.where for fault in caught.value.faults if fault.severity == "error"]
    assert errors == [f"special_loads.csv:{row}" for row in (2, 3, 4, 6)]


def test_transformers_carry_their_customers(county: Path) -> None:
    """The transformer's own total is the customers' and a few percent of losses."""
    totals = curves_of(county / "transformer_curves" / "2026.csv")
    assert {number for number, _ in totals} == set(numbers(county))
    checked = 0
    for number in numbers(county):
        curves = curves_of(county / "meters" / "2026" / f"{number}.csv")
        meters = {meter for meter, _ in curves}
        for day in DAYS:
            date = str(NEW_YEAR[2026] + dt.timedelta(days=int(day)))
            parts = [curves.get((meter, date), np.full(96, np.nan)) for meter in meters]
            # missing customers leave NaN: only points with all of them are compared
            ratio = totals.get((number, date), np.full(96, np.nan)) / np.sum(parts, axis=0)
            known = ratio[~np.isnan(ratio)]
            assert ((known > 1.0) & (known < 1.06)).all()
            checked += len(known)
    assert checked > 0.5 * 3 * len(DAYS) * 96


def test_about_one_point_in_a_hundred_is_missing(county: Path) -> None:
    expected = found = days = 0
    for year in YEARS:
        for number in numbers(county):
            curves = curves_of(county / "meters" / str(year) / f"{number}.csv")
            meters = len({meter for meter, _ in curves})
            expected += meters * len(DAYS) * 96
            found += sum(int((~np.isnan(curve)).sum()) for curve in curves.values())
            days += meters * len(DAYS) - len(curves)
            assert all(np.nanmin(curve) >= 0.0 for curve in curves.values())
    assert 0.005 < 1.0 - found / expected < 0.025
    assert days > 0, "some whole days have no row"


def test_register_is_a_believable_ledger(county: Path) -> None:
    for year in YEARS:
        rows = rows_of(county / "register" / f"{year}.csv")
        assert list(rows[0]) == [
            "供电所", "台区编号", "户号", "返乡人数", "返乡日期", "离开日期", "不返乡", "更新日期",
        ]  # fmt: skip
        assert len({row["户号"] for row in rows}) == len(rows)
        assert any(not row["返乡日期"] for row in rows)
        for row in rows:
            refuses = row["不返乡"] == "是"
            assert refuses == (int(row["返乡人数"]) == 0)
            assert not refuses or not (row["返乡日期"] or row["离开日期"])
            dates = [dt.date.fromisoformat(row[n]) for n in ("返乡日期", "离开日期") if row[n]]
            assert dates == sorted(set(dates))
            assert dt.date.fromisoformat(row["更新日期"]) < NEW_YEAR[year]
        for number in numbers(county):
            curves = curves_of(county / "meters" / str(year) / f"{number}.csv")
            listed = {row["户号"] for row in rows if row["台区编号"] == number}
            assert listed <= {meter for meter, _ in curves}


def test_register_is_neither_complete_nor_right(scripts: Any) -> None:
    """Some families come unannounced, some announced ones do not come, in a large area."""
    people, places = scripts("county.people"), scripts("county.places")
    area = places.make_area(0, 4, 600)
    presence = people.make_presence(area, 2027, DAYS, people.make_waves(4, 2027))
    rows = list(scripts("county.station").register_rows(area, presence, 2027, NEW_YEAR[2027]))
    announced = np.isin(area.homes.customer_id, [row[2] for row in rows if row[3]])
    known = (announced & presence.comes).sum() / presence.comes.sum()
    assert 0.5 < known < 0.95
    assert 0.01 < (announced & ~presence.comes).sum() / announced.sum() < 0.2
    arrival = dict(zip(area.homes.customer_id, presence.arrival, strict=True))
    wrong = [
        (dt.date.fromisoformat(row[4]) - NEW_YEAR[2027]).days - arrival[row[2]]
        for row in rows
        if row[4]
    ]
    assert {abs(int(days)) for days in wrong} == {0, 1, 2}


def test_temperature_covers_the_winters(county: Path) -> None:
    rows = rows_of(county / "temperature.csv")
    dates = [dt.date.fromisoformat(row["date"]) for row in rows]
    assert dates == [dates[0] + dt.timedelta(days=day) for day in range(len(dates))]
    assert dates[0] == dt.date(2025, 11, 1)
    assert dates[-1] == dt.date(2027, 4, 30)
    mean_c: dict[int, list[float]] = {month: [] for month in range(1, 13)}
    for date, row in zip(dates, rows, strict=True):
        mean_c[date.month].append(float(row["mean_c"]))
    assert np.mean(mean_c[1]) < 5.0
    assert np.mean(mean_c[7]) > 20.0
    assert min(mean_c[1]) < -1.0, "a cold wave"


def test_readme_says_that_it_is_invented(county: Path) -> None:
    text = (county / "README.md").read_text(encoding="utf-8")
    assert "Nothing here was measured" in text
    assert "rehearsal" in text
    assert all(number in text for number in numbers(county))


def test_the_eve_grows_and_homes_are_diverse(scripts: Any, festival: Any) -> None:
    """Growth as published (2 to 6 times, 10 locally); more homes, less peak per home."""
    area, presence = festival
    mean_c = np.full(len(DAYS), 1.0)
    waves = scripts("county.people").make_waves(4, 2027)
    made, curves = scripts("make_county").simulate(area, 2027, DAYS, waves, mean_c)
    assert np.array_equal(made.night, presence.night)
    summary = scripts("county.summary")
    assert 2.0 < summary.eve_growth(curves.sum(axis=0), DAYS) < 8.0
    occupied = np.flatnonzero(presence.dinner[:, DAYS == -1].any(axis=1))
    found = summary.diversity(curves, DAYS, occupied, np.random.default_rng(4))
    factor, peak_kw = np.median(found[~np.isnan(found).any(axis=(1, 2))], axis=1).T
    assert len(factor) >= 3
    assert (np.diff(factor) < 0).all()
    assert (np.diff(peak_kw) < 0).all()
    assert 1.5 < peak_kw[-1] < 3.5


def test_colder_days_cost_more(scripts: Any, festival: Any) -> None:
    area, presence = festival
    heated, by_step = scripts("county.heating").heated, scripts("county.weather").by_step
    energy = []
    for mean in (8.0, 0.0, -8.0):
        mean_c = np.full(len(DAYS), mean)
        energy.append(heated(area, presence, 2027, mean_c, by_step(mean_c)).sum())
    assert 0.0 < energy[0] < energy[1] < energy[2]


def test_air_conditioners_only_become_more(festival: Any) -> None:
    area, _ = festival
    before, after = area.air_conditioners(2024), area.air_conditioners(2034)
    assert (after | ~before).all()
    assert after.sum() > 1.3 * before.sum()
    # who owns a second one owns a first one
    assert (before[:-1] | ~before[1:]).all()


def test_visitors_leave_their_own_table(festival: Any) -> None:
    _, presence = festival
    away = presence.away_h[1] > presence.away_h[0]
    assert set(DAYS[away.any(axis=0)]) <= set(range(1, 6))
    assert away.any()
    assert (presence.lunch[away] == 0).all()
    guests = presence.lunch - presence.night
    assert (guests[:, np.isin(DAYS, range(1, 6))] > 0).any()
    assert presence.night[~away & (presence.lunch > presence.night)].min() > 0, "hosts are at home"


def test_energy_of_uses_is_power_times_time(scripts: Any) -> None:
    meter = scripts("county.use").Meter(2, 1)
    home, start, end = np.array([0, 0, 1]), np.array([0, 10, 280]), np.array([12, 22, 300])
    meter.add(home, start, end, np.array([2.0, 1.0, 3.0]))
    kw = meter.kw()
    assert kw.sum(axis=1).tolist() == [36.0, 24.0], "the last one is cut at midnight"
    assert kw[0, 11] == 3.0
    assert kw.min() == 0.0


def test_a_third_of_the_transformers_is_overloaded(scripts: Any) -> None:
    places, summary = scripts("county.places"), scripts("county.summary")
    areas = [places.make_area(index, 4, 60) for index in range(30)]
    need_kw = np.random.default_rng(1).uniform(1.5, 3.0, 30) * [len(area.homes) for area in areas]
    kva = np.array(summary.choose_kva(areas, need_kw))
    assert (need_kw / 0.95 > kva).mean() == pytest.approx(1 / 3, abs=0.05)
