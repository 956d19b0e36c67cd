"""A feeder's forecast from its past festivals: levels, comers, shapes and coincidence come back."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gridplan.demand.area_record import Festival, group_of
from gridplan.demand.calendar import new_year_days
from gridplan.demand.comers import Comers
from gridplan.demand.forecast import forecast_demand
from gridplan.demand.lent_days import lent_days, own_spread
from gridplan.demand.measured_homes import MeasuredHomes
from gridplan.demand.past_festivals import PastFestivals, fit_past_festivals
from gridplan.demand.register import Register
from gridplan.demand.returnees import presence_curve
from gridplan.demand.settings import ForecastSettings
from gridplan.demand.streams import Streams
from gridplan.errors import StudyError
from tests.unit.demand.villages import customers_of, feeder_of

DAYS = np.arange(-30, 17)
YEARS = (2024, 2025, 2026)
N_HOME = 30
LIVES_IN = np.arange(N_HOME) < 10
ALWAYS, NEVER = slice(10, 20), slice(20, 30)  # families that came to every festival, and to none
TOLD = np.ones(N_HOME)
LEVEL_KW = 0.3 * 1.04 ** np.arange(N_HOME)
QUARTER = np.arange(96) / 4
#: Every home's own sharp evening, at an hour of its own.
OWN_HOUR = 17.5 + 0.1 * np.arange(N_HOME)
SHAPES = 0.4 + 8 * (np.abs(QUARTER - OWN_HOUR[:, None]) < 0.5)
SHAPES /= SHAPES.mean(axis=1, keepdims=True)
STANDBY_KW = 0.01


def festive(days: np.ndarray) -> np.ndarray:
    """Demand of a day over that of an ordinary one."""
    return np.where((days >= -1) & (days <= 2), 3.0, np.where(days >= -12, 2.0, 1.0))


def festival(year: int, *, until: int = 17, spread: float = 0.1, seed: int = 0) -> Festival:
    """A festival of the village; nothing is measured from day ``until`` on."""
    rng = np.random.default_rng([seed, year])
    days = DAYS[until > DAYS]
    stays = np.zeros((N_HOME, len(days)), dtype=bool)
    stays[ALWAYS] = (days >= -6) & (days < 8)
    there = LIVES_IN[:, None] | stays
    noise = rng.lognormal(-(spread**2) / 2, spread, (N_HOME, len(DAYS)))[:, : len(days)]
    mean_kw = np.where(there, LEVEL_KW[:, None] * festive(days) * noise, STANDBY_KW)
    shape = np.where(there[:, :, None], SHAPES[:, None], 1.0)
    nobody = Register.empty(N_HOME)
    return Festival(
        year=year,
        days=days,
        p_kw=(mean_kw[:, :, None] * shape).astype(np.float32),
        total_kw=np.full((len(days), 96), np.nan),
        temperature_c=np.full(len(days), np.nan),
        listed=nobody.listed,
        away=nobody.stays_away,
        arrival=nobody.arrival,
        departure=nobody.departure,
    )


def fitted(winters: tuple[Festival, ...], **changes: object) -> PastFestivals:
    options = {
        "registers": {},
        "lives_in": LIVES_IN,
        "ratio": np.ones(N_HOME),
    } | changes
    return fit_past_festivals(winters, np.arange(N_HOME), 2027, -10, **options)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def past() -> PastFestivals:
    return fitted((*map(festival, YEARS), festival(2027, until=-10)))


def register_of(listed: np.ndarray) -> Register:
    return replace(
        Register.empty(N_HOME),
        listed=listed,
        persons=np.where(listed, 3.0, np.nan),
        persons_low=np.array(np.nan),
        persons_high=np.array(np.nan),
    )


def test_levels_by_home_and_kind_of_day_come_back(past: PastFestivals) -> None:
    there = np.arange(N_HOME) < 20
    for day in (-30, -5, -1, 0, 1):
        kind = int(group_of(np.array([day]))[0])
        homes = there if day != -30 else LIVES_IN
        expected = LEVEL_KW * festive(np.array([day]))[0]
        np.testing.assert_allclose(past.level_kw[homes, kind], expected[homes], rtol=0.25)
    assert past.standby_kw[NEVER] == pytest.approx(STANDBY_KW, rel=0.01)
    assert (past.own_weight[:20] > 0.8).all()
    assert (past.own_weight[NEVER] == 0).all()
    assert past.years == YEARS


def test_who_came_comes(past: PastFestivals) -> None:
    assert (past.share[ALWAYS] > 0.9).all()
    assert (past.share[NEVER] < 0.1).all()
    assert past.n_festival[ALWAYS].tolist() == [3] * 10
    free = ~LIVES_IN
    comers = past.comers(np.ones(N_HOME, dtype=bool))
    chance = comers.probability(Register.empty(N_HOME), free, 1.0, told=TOLD, least=0.0)
    assert chance[free].sum() == pytest.approx(past.share[free].sum(), rel=1e-6)
    assert (chance[LIVES_IN] == 0).all()
    # half of those who always come are on the register: of the others as many come as did
    listed = np.zeros(N_HOME, dtype=bool)
    listed[10:15] = True
    chance = comers.probability(register_of(listed), free, 1.0, told=TOLD, least=0.0)
    assert chance[listed] == pytest.approx(0.9)
    assert chance[15:20] == pytest.approx(past.share[15:20], rel=0.02)
    # the register has more than ever came: nobody beyond it is expected but those hard to doubt
    listed[10:25] = True
    listed[19] = False
    chance = comers.probability(register_of(listed), free, 1.0, told=TOLD, least=0.0)
    assert chance[19] < 0.9 < past.share[19]
    assert (chance[25:] < 0.2 * past.share[25:]).all()


def test_a_register_of_the_past_says_what_being_on_none_means() -> None:
    listed = np.zeros(N_HOME, dtype=bool)
    listed[10:18] = True
    found = fitted(tuple(map(festival, YEARS)), registers=dict.fromkeys(YEARS, register_of(listed)))
    assert found.told
    assert found.listed_come > 0.9
    chance = found.comers(np.ones(N_HOME, dtype=bool)).probability(
        register_of(listed), ~LIVES_IN, 1.0, told=TOLD, least=0.0
    )
    assert (chance[18:20] > 0.6).all()  # came three times without ever being on a register


@settings(max_examples=100, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), factor=st.floats(1.0, 3.0), told=st.booleans())
def test_more_returnees_are_the_same_and_others(seed: int, factor: float, told: bool) -> None:
    rng = np.random.default_rng(seed)
    free, listed = rng.random(20) < 0.8, rng.random(20) < 0.4
    register = Register.empty(20)
    register = replace(register, listed=listed, stays_away=listed & (rng.random(20) < 0.3))
    comers = Comers(
        share=rng.uniform(0.01, 0.99, 20), listed_come=0.9, told=told, curve=presence_curve()
    )
    usual = comers.probability(register, free, 1.0, told=np.ones(20), least=0.0)
    more = comers.probability(register, free, factor, told=np.ones(20), least=0.0)
    assert ((more >= 0) & (more <= 1)).all()
    assert (more >= usual - 1e-6).all()
    assert (more[listed & register.stays_away] == 0).all()
    others = free & ~listed
    if others.any() and more[others].sum() < 0.9 * others.sum():
        assert more[free].sum() == pytest.approx(factor * usual[free].sum(), rel=1e-3)
    least = comers.probability(register, free, 1.0, told=np.ones(20), least=float(others.sum()) / 2)
    assert least[others].sum() >= min(others.sum() / 2, 0.99 * others.sum()) - 1e-6


def test_days_are_lent_whole_and_of_mean_one(past: PastFestivals) -> None:
    kinds = group_of(np.array([-1, 0, 1]))
    curves = np.stack(
        [past.days.draw(kinds, past.level_kw, Streams(seed=0), draw) for draw in range(200)]
    )
    own = curves[:, :20]
    assert own.mean(axis=(0, 3)) == pytest.approx(1.0, abs=0.08)
    # three own days: a home's hour is its own in at least three draws of four
    at = own.argmax(axis=3) / 4
    right = np.abs(at - OWN_HOUR[:20, None]) < 0.6
    assert (right.mean(axis=(0, 2)) > 0.6).all()
    assert right.mean() < 0.98
    np.testing.assert_array_equal(
        past.days.draw(kinds, past.level_kw, Streams(seed=0), 7), curves[7]
    )


def test_what_a_day_had_in_common_is_not_lent_but_drawn() -> None:
    winters = [festival(year, spread=0.0) for year in YEARS]
    winters[1] = replace(winters[1], p_kw=winters[1].p_kw * np.float32(1.5))
    there = [one.mean_kw > 2 * STANDBY_KW for one in winters]
    ones = [np.ones(len(one.days)) for one in winters]
    found = lent_days(winters, there, ones)
    for curves, lit in zip(found.curves, found.there, strict=True):
        np.testing.assert_allclose(curves[lit].mean(axis=-1), 1.0, rtol=1e-4)
    assert found.count[:20, int(group_of(np.array([-1]))[0])].tolist() == [3] * 20
    year_sd, day_sd = own_spread(winters, there, ones, np.ones((N_HOME, 11)))
    assert year_sd < 0.15
    assert day_sd < 0.2
    wild = [festival(year, spread=0.5) for year in YEARS]
    assert own_spread(wild, there, ones, np.ones((N_HOME, 11)))[1] > 0.4


def drawn(past: PastFestivals, days: np.ndarray, n_draw: int) -> np.ndarray:
    """Demand of all homes that were there in the past (draw, home, day, 96)."""
    homes = MeasuredHomes.of(past, LIVES_IN, days, usual_c=None, step_minutes=15)
    returned = np.where(~LIVES_IN[:, None], 3.0, 0.0) * np.ones(len(days))
    returned[NEVER] = 0
    found = []
    for draw in range(n_draw):
        fields = homes.draw(Streams(seed=3), draw)
        there = homes.there(fields, returned)
        found.append(homes.demand(fields, there, returned, np.ones((N_HOME, len(days)))))
    return np.array(found)


def test_coincidence_is_that_of_the_measured_evening(past: PastFestivals) -> None:
    eve = np.array([-1])
    p_kw = drawn(past, eve, 200)[:, :20, 0]
    measured = festival(2026).p_kw[:20, DAYS == -1, :][:, 0]
    expected = measured.sum(axis=0).max() / measured.max(axis=1).sum()
    found = p_kw.sum(axis=1).max(axis=1) / p_kw.max(axis=2).sum(axis=1)
    assert np.median(found) == pytest.approx(expected, rel=0.15)
    assert np.median(p_kw.sum(axis=1).max(axis=1)) == pytest.approx(
        measured.sum(axis=0).max(), rel=0.2
    )


def test_homes_that_nobody_comes_to_stand_by(past: PastFestivals) -> None:
    p_kw = drawn(past, np.array([-1, 1]), 20)
    assert p_kw[:, NEVER].max() < 3 * STANDBY_KW
    assert (p_kw[:, ALWAYS].mean(axis=(0, 2, 3)) > 0.5).all()


def test_one_festival_is_enough_and_a_home_may_lack_a_meter() -> None:
    at = np.arange(N_HOME)
    at[5] = -1
    found = fit_past_festivals(
        (festival(2025),),
        at,
        2027,
        -10,
        registers={},
        lives_in=LIVES_IN,
        ratio=np.full(N_HOME, 2.0),
    )
    assert np.isfinite(found.level_kw).all()
    eve = int(group_of(np.array([-1]))[0])
    assert found.level_kw[5, eve] > 1.5 * np.median(found.level_kw[:10, eve])
    assert found.own_weight[5] == 0
    assert found.year_sd > 0.05
    assert (found.day_sd > 0.05).all()
    assert np.isfinite(drawn(found, np.array([-1, 0]), 3)).all()
    assert drawn(found, np.array([-1]), 30)[:, 5].max() > 0.5


def test_the_days_of_the_study_itself_are_not_looked_at(past: PastFestivals) -> None:
    seen = fitted((*map(festival, YEARS), festival(2027)))
    for name in ("level_kw", "share", "own_weight"):
        np.testing.assert_allclose(getattr(seen, name), getattr(past, name), rtol=1e-12)


# ---------------------------------------------------------------- a study with files


def write_meters(path: Path, one: Festival) -> None:
    origin = new_year_days()[one.year]
    lines = ["ID,DATA_DATE,DATA_TYPE," + ",".join(f"P{k}" for k in range(1, 97))]
    for home in range(N_HOME):
        for day, p_kw in zip(one.days.tolist(), one.p_kw[home].tolist(), strict=True):
            date = origin + dt.timedelta(days=day)
            lines.append(f"H{home},{date},1," + ",".join(f"{value:.4f}" for value in p_kw))
    path.write_text("\n".join(lines), encoding="utf-8")


def study(folder: Path, winters: tuple[Festival, ...], **changes: object) -> ForecastSettings:
    meters = folder / "meters" / "village"
    meters.mkdir(parents=True)
    for one in winters:
        write_meters(meters / f"{one.year}.csv", one)
    values = {
        "period": {"festival_year": 2027, "first_day": -2, "last_day": 1},
        "draws": 40,
        "scenarios": {"expected": {}, "full": {"returnees_factor": 1.5}},
        "meters": "meters",
    }
    return ForecastSettings.model_validate({**values, **changes}, context={"folder": folder})


KINDS = ["resident" if lives_in else "vacant" for lives_in in LIVES_IN]


def test_a_study_forecasts_the_festival_that_its_meters_know(tmp_path: Path) -> None:
    winters = (*map(festival, YEARS), festival(2027, until=-10))
    demand = forecast_demand(feeder_of(customers_of(KINDS)), study(tmp_path, winters))
    p_kw, q_kvar = demand.block(0, 40)
    peaks = p_kw[0].sum(axis=0).reshape(40, 4, 96).max(axis=2)
    measured = festival(2027).p_kw[:, np.isin(DAYS, (-2, -1, 0, 1))].sum(axis=0).max(axis=1)
    assert np.median(peaks, axis=0) == pytest.approx(measured, rel=0.25)
    low, high = np.quantile(peaks, [0.02, 0.98], axis=0)
    assert ((low < measured) & (measured < high)).all()
    assert (demand.occupancy[0, ALWAYS] > 0.8).all()
    assert (demand.occupancy[0, NEVER] < 0.2).all()
    assert (demand.occupancy[1, NEVER] > demand.occupancy[0, NEVER]).any()
    assert (p_kw[1].sum(axis=0) >= 0).all()
    assert (q_kvar[0] > 0).all()
    said = [note.what for note in demand.notes if note.code == "meters-festivals"]
    assert said == ["levels, shapes and who comes follow festivals 2024, 2025, 2026"]
    alone = demand.block(17, 18)[0][:, :, 0]
    np.testing.assert_array_equal(alone, p_kw[:, :, 17])


def test_quasi_random_draws_have_the_same_peaks(tmp_path: Path) -> None:
    winters = tuple(map(festival, YEARS))
    feeder, peaks = feeder_of(customers_of(KINDS)), []
    for sampling in ("random", "quasi_random"):
        options = study(tmp_path / sampling, winters, sampling=sampling, draws=64)
        p_kw, _ = forecast_demand(feeder, options).block(0, 64)
        peaks.append(p_kw[0].sum(axis=0).max(axis=1))
    assert np.mean(peaks[1]) == pytest.approx(np.mean(peaks[0]), rel=0.05)
    assert np.std(peaks[1]) == pytest.approx(np.std(peaks[0]), rel=0.5)


def test_past_registers_lie_in_folders_of_their_years(tmp_path: Path) -> None:
    registers = tmp_path / "registers"
    for year in (2025, 2026):
        (registers / str(year)).mkdir(parents=True)
        rows = "\n".join(f"H{home},3" for home in (*range(10, 18), 99))
        path = registers / str(year) / "village.csv"
        path.write_text(f"customer_id,persons\n{rows}\n", encoding="utf-8")
    (registers / "village.csv").write_text("customer_id,persons\nH10,3\n", encoding="utf-8")
    demand = forecast_demand(
        feeder_of(customers_of(KINDS)),
        study(tmp_path, tuple(map(festival, YEARS)), registers="registers"),
    )
    assert any("2026 and their registers" in note.what for note in demand.notes)
    assert demand.occupancy[0, 10] > 0.9
    left_out = [note.where for note in demand.notes if note.code == "register-unknown-customer"]
    assert left_out == ["2025/village.csv:10", "2026/village.csv:10"]


def test_faults_of_past_registers_are_said_with_all_others(tmp_path: Path) -> None:
    past = tmp_path / "registers" / "2026"
    past.mkdir(parents=True)
    for folder in (past, past.parent):
        (folder / "village.csv").write_text("customer_id,persons\nH10,many\n", encoding="utf-8")
    with pytest.raises(StudyError) as caught:
        forecast_demand(
            feeder_of(customers_of(KINDS)),
            study(tmp_path, tuple(map(festival, YEARS)), registers="registers"),
        )
    assert [fault.where for fault in caught.value.faults] == [
        "village.csv:2", "2026/village.csv:2",
    ]  # fmt: skip


def test_ordinary_days_alone_are_no_past_festival(tmp_path: Path) -> None:
    ordinary = festival(2026, until=-12)
    feeder = feeder_of(customers_of(KINDS))
    demand = forecast_demand(feeder, study(tmp_path / "a", (ordinary,)))
    assert not any(note.code == "meters-festivals" for note in demand.notes)
    own = forecast_demand(feeder, study(tmp_path / "b", (festival(2027),)))  # the study's festival
    assert not any(note.code == "meters-festivals" for note in own.notes)
    summer = {"period": {"start": dt.date(2027, 7, 20), "end": dt.date(2027, 7, 21)}}
    later = forecast_demand(feeder, study(tmp_path / "c", (festival(2026),), **summer))
    assert not any(note.code == "meters-festivals" for note in later.notes)
