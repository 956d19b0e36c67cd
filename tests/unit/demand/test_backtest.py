"""The area model finds what was put into a made county, and its draws are honest about it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from gridplan.demand.area_machines import draw_machines, fit_machines
from gridplan.demand.area_model import draw_area, fit_area, fit_county
from gridplan.demand.area_record import ORDINARY, AreaRecord, Festival, group_of
from gridplan.demand.backtest import overloaded, run_backtest
from gridplan.demand.presence import occupied
from tests.unit.demand import counties

N_AREA = 8


@pytest.fixture(scope="module")
def records() -> list[AreaRecord]:
    return [counties.area(number) for number in range(N_AREA)]


def test_trend_temperature_and_presence_are_those_of_the_county(records: list[AreaRecord]) -> None:
    county = fit_county(records, 2026)
    np.testing.assert_allclose(county.trend.per_year, counties.TREND, atol=0.04)
    np.testing.assert_allclose(county.trend.per_c, counties.PER_C, atol=0.015)
    presence = county.presence
    assert presence.listed_come == pytest.approx(0.9, abs=0.05)
    assert presence.others_come == pytest.approx(0.4, abs=0.2)
    assert presence.live_share[group_of(np.array([-1]))] > 0.95
    assert presence.stay_share[group_of(np.array([-1]))] > 0.9
    assert np.abs(presence.errors).max() <= 1  # the made registers are right


def test_homes_that_are_lived_in_are_told_from_those_that_wait(records: list[AreaRecord]) -> None:
    record, county = records[0], fit_county(records, 2026)
    model = fit_area(record.without(2026), record.festival(2026), county, -10)
    assert model.lives_in.tolist() == [home < 15 for home in range(40)]
    assert model.losses[0] == pytest.approx(0.03, abs=0.01)
    assert model.losses[1] == pytest.approx(0.0, abs=1e-3)
    hours = np.concatenate(model.shapes).argmax(axis=1) / 4
    assert hours.std() < 1.0


def test_nothing_of_the_days_to_forecast_is_looked_at(records: list[AreaRecord]) -> None:
    record, county = records[1], fit_county(records, 2026)
    target = record.festival(2026)
    days = np.arange(-10, 16)
    forecasts = []
    for known in (target, target.until(-10)):
        model = fit_area(record.without(2026), known, county, -10)
        forecasts.append(draw_area(county, model, known, days, 5, seed=3))
    np.testing.assert_array_equal(*forecasts)
    assert np.isnan(target.until(-10).p_kw[:, target.days >= -10]).all()


def test_what_other_areas_saw_of_the_year_is_not_looked_at(records: list[AreaRecord]) -> None:
    seen = fit_county(records, 2025)
    assert seen.trend.per_year.tolist() != fit_county(records, 2026).trend.per_year.tolist()
    cut = [
        AreaRecord(
            area=one.area,
            station=one.station,
            sn_kva=one.sn_kva,
            ids=one.ids,
            festivals=one.without(2025),
        )
        for one in records
    ]
    again = fit_county(cut, 2025)
    assert again.trend.per_year.tolist() == seen.trend.per_year.tolist()
    assert (again.year_sd, again.day_sd.tolist()) == (seen.year_sd, seen.day_sd.tolist())
    np.testing.assert_array_equal(again.presence.stays, seen.presence.stays)


def test_intervals_cover_and_the_forecast_beats_the_simple_ones(records: list[AreaRecord]) -> None:
    test = run_backtest(records, 2026, n_draw=100, weather="measured")
    measured = test.measured_peak_kw
    assert np.isfinite(measured).all()
    low, high = np.quantile(test.forecasts["gridplan"], [0.05, 0.95], axis=1)
    assert 0.75 <= ((measured >= low) & (measured <= high)).mean() <= 0.99
    miss = {
        name: np.abs(np.median(draws, axis=1) - measured).mean()
        for name, draws in test.forecasts.items()
    }
    assert miss["gridplan"] < min(miss["last festival"], miss["winter day"])
    again = run_backtest(records, 2026, n_draw=20, weather="measured")
    np.testing.assert_array_equal(again.forecasts["gridplan"], test.forecasts["gridplan"][:, :20])


def test_losses_that_grow_with_the_square_are_read_off_where_all_meters_are_known() -> None:
    record = counties.area(0)
    festivals = []
    for one in record.festivals:
        p_kw = np.nan_to_num(one.p_kw)
        load = p_kw.sum(axis=0, dtype=float)
        festivals.append(replace(one, p_kw=p_kw, total_kw=load * (1.01 + 0.0005 * load)))
    county = fit_county([replace(record, festivals=tuple(festivals))], 2026)
    model = fit_area(tuple(festivals[:-1]), festivals[-1], county, -10)
    assert model.losses == pytest.approx((0.01, 0.0005), rel=0.02)


def test_who_means_to_be_there_for_the_dinner_of_the_eve_is(records: list[AreaRecord]) -> None:
    county, record = fit_county(records, 2026), records[0]
    late = np.array([[-4.0, 4.0], [4.0, -4.0]])
    presence = replace(county.presence, errors=late, listed_come=1.0, stay_share=np.ones(11))
    homes = np.full(len(record.ids), False)
    target = replace(
        record.festival(2026),
        listed=~homes,
        away=homes,
        arrival=np.full(len(homes), -2.0),
        departure=np.full(len(homes), 2.0),
    )
    there = presence.draw(target, homes, homes * 1.0, np.arange(-10, 16), np.random.default_rng(1))
    assert there[:, 9].all()
    assert not there[:, 0].any()
    assert not there[:, 20].any()


def test_visitors_raise_a_home_that_is_lived_in_only_while_they_are_expected() -> None:
    record = counties.area(3)
    target = record.festival(2026)
    nobody = np.full(len(record.ids), False)
    some = replace(
        target,
        listed=np.arange(len(record.ids)) < 2,
        away=np.arange(len(record.ids)) == 1,
        arrival=np.full(len(record.ids), -3.0),
        departure=np.full(len(record.ids), 3.0),
    )
    days = np.array([-20, -5, -3, 2, 3])
    assert some.expected(days)[0].tolist() == [False, False, True, True, False]
    assert not some.expected(days)[1:].any()
    trend = replace(fit_county([record], 2026).trend, visited=0.2)
    factor = trend.visits(some, ~nobody, days)
    np.testing.assert_allclose(factor[0], np.exp([0, 0, 0.2, 0.2, 0]))
    assert (trend.visits(some, nobody, days) == 1).all()


def changed(record: AreaRecord, year: int, factor: float) -> AreaRecord:
    """The same area with the loads of one festival, not of its ordinary days, times a factor."""

    def raised(one: Festival) -> Festival:
        by_day = np.where(group_of(one.days) == ORDINARY, 1.0, factor)[:, None]
        return replace(one, p_kw=one.p_kw * by_day, total_kw=one.total_kw * by_day)

    festivals = tuple(raised(one) if one.year == year else one for one in record.festivals)
    return replace(record, festivals=festivals)


def test_what_one_year_did_to_all_areas_is_not_taken_for_certain(
    records: list[AreaRecord],
) -> None:
    """A year a quarter higher everywhere widens the forecast instead of making it a trend."""
    raised = [changed(record, 2025, 1.25) for record in records]
    usual, wide = fit_county(records, 2026), fit_county(raised, 2026)
    assert wide.year_sd > 2 * usual.year_sd
    assert np.abs(wide.trend.per_year).max() < 0.1


def test_few_festivals_leave_more_room_for_one_that_is_like_none_of_them(
    records: list[AreaRecord],
) -> None:
    county, record = fit_county(records, 2026), records[0]
    assert county.festivals_seen == len(record.without(2026))
    target, days = record.festival(2026), np.arange(-2, 3)
    model = fit_area(record.without(2026), target, county, -2)
    spreads = []
    for seen in (2, 50):
        certain = replace(county, festivals_seen=seen, year_sd=0.2)
        load = draw_area(certain, model, target, days, 200, seed=3, weather="measured")
        spreads.append(np.ptp(np.log(np.quantile(load.mean(axis=(1, 2)), [0.05, 0.95]))))
    assert spreads[0] > 1.3 * spreads[1] > 1.3 * 2 * 1.2 * 0.2


def test_an_area_that_knows_little_is_forecast_or_said_to_be_unknown(
    records: list[AreaRecord],
) -> None:
    few = [counties.area(20 + number, 17) for number in range(3)]
    blind = [
        replace(
            record,
            festivals=tuple(
                replace(one, temperature_c=np.full(len(one.days), np.nan))
                for one in record.festivals
            ),
        )
        for record in few
    ]
    for some in (few, blind):
        test = run_backtest(some, 2026, n_draw=10)
        assert np.isfinite(test.forecasts["gridplan"]).all()
        assert np.isfinite(test.overload_share).all()
    silent = replace(
        records[0],
        festivals=tuple(
            replace(one, p_kw=np.where(np.arange(40)[:, None, None] < 20, one.p_kw, np.nan))
            if one.year == 2026
            else one
            for one in records[0].festivals
        ),
    )
    target = silent.festival(2026)
    model = fit_area(silent.without(2026), target, fit_county(records, 2026), -10)
    assert (model.level_kw[20:] == 0).all()
    assert (model.level_kw[:20] > 0).all()


def test_overload_is_two_hours_together() -> None:
    load_kw = np.zeros((3, 2, 96))
    load_kw[0, 0, 92:], load_kw[0, 1, :4] = 100.0, 100.0  # over midnight
    load_kw[1, 0, 40:47], load_kw[1, 1, 0] = 100.0, 100.0  # a quarter hour too short
    load_kw[2, 0, 40:48] = 94.0  # at power factor 0.95 below 100 kVA
    assert overloaded(load_kw, 100.0).tolist() == [1.0, 0.0, 0.0]
    assert overloaded(load_kw * 1.02, 100.0).tolist() == [1.0, 0.0, 1.0]


def test_kinds_of_day_and_the_rule_of_the_days_energy() -> None:
    days = np.array([-30, -13, -12, -8, -7, -4, -3, -2, -1, 0, 1, 2, 3, 4, 5, 6, 7, 10, 11, 15])
    kinds = [0, 0, 1, 1, 2, 2, 3, 3, 4, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10]
    assert group_of(days).tolist() == kinds
    assert group_of(np.array([-400, 20, 21, 150])).tolist() == [0, 10, 0, 0]
    mean_kw = np.array([[0.5, 0.3, 0.01, np.nan], [0.05, 0.02, 0.0, 0.07]])
    found = occupied(mean_kw, np.array([0.6, 0.05]))
    np.testing.assert_array_equal(found, [[1, 1, 0, np.nan], [1, 0, 0, 1]])


def test_one_other_festival_is_enough(records: list[AreaRecord]) -> None:
    two = [replace(record, festivals=record.festivals[1:]) for record in records[:3]]
    test = run_backtest(two, 2026, n_draw=20, weather="measured")
    assert np.isfinite(test.forecasts["gridplan"]).all()


def with_machines(record: AreaRecord) -> AreaRecord:
    """The area with a mill that rests from the Eve on and a farm that never does."""
    rng = np.random.default_rng(9)
    festivals = []
    for one in record.festivals:
        hours = np.arange(96) / 4
        mill = np.where((hours >= 8) & (hours < 17), 9.0, 0.2)
        runs = (one.days < -1) & (rng.random(len(one.days)) < 0.8)
        curves = np.stack([np.where(runs[:, None], mill, 0.2), np.full((len(one.days), 96), 5.0)])
        curves *= rng.lognormal(-0.005, 0.1, curves.shape)
        curves[rng.random(curves.shape) < 0.01] = np.nan
        total = one.total_kw + 1.03 * np.nan_to_num(curves).sum(axis=0)
        festivals.append(replace(one, special_kw=curves.astype(np.float32), total_kw=total))
    return replace(record, festivals=tuple(festivals))


def test_machines_draw_their_own_days(records: list[AreaRecord]) -> None:
    record, county = with_machines(records[0]), fit_county(records, 2026)
    days = np.arange(-10, 6)
    loads = []
    for one in (records[0], record):
        target = one.festival(2026)
        model = fit_area(one.without(2026), target, county, -10)
        assert model.losses == pytest.approx((0.03, 0.0), abs=0.01)
        model = replace(model, losses=(0.0, 0.0))
        loads.append(draw_area(county, model, target, days, 60, seed=3))
    more = loads[1] - loads[0]  # people and weather are the same in both
    noon, evening = (more[:, :, at].mean(axis=(0, 2)) for at in (slice(44, 52), slice(72, 80)))
    before, after = days < -1, days >= -1
    assert noon[after] == pytest.approx(np.full(after.sum(), 5.2), rel=0.1)
    assert noon[before].mean() == pytest.approx(5 + 0.2 + 0.8 * 8.8, rel=0.15)
    assert evening == pytest.approx(np.full(len(days), 5.2), rel=0.1)
    assert more.std(axis=0)[before][:, 48].mean() > 1.0  # a mill rests on some days


def test_machines_of_the_days_to_forecast_are_not_looked_at(records: list[AreaRecord]) -> None:
    record, county = with_machines(records[1]), fit_county(records, 2026)
    target, days = record.festival(2026), np.arange(-10, 16)
    forecasts = []
    for known in (target, target.until(-10)):
        model = fit_area(record.without(2026), known, county, -10)
        forecasts.append(draw_area(county, model, known, days, 5, seed=3))
    np.testing.assert_array_equal(*forecasts)
    assert np.isnan(target.until(-10).special_kw[:, target.days >= -10]).all()


def test_a_machine_that_was_never_seen_draws_nothing() -> None:
    record = with_machines(counties.area(3))
    blind = tuple(
        replace(one, special_kw=np.full_like(one.special_kw, np.nan)) for one in record.festivals
    )
    assert draw_machines(fit_machines(blind), np.arange(-3, 3), 0, 0).max() == 0.0
    # of a kind of day that was never seen, ordinary days stand in
    seen = tuple(one.until(-12) for one in record.festivals)
    assert draw_machines(fit_machines(seen), np.array([-1]), 0, 0).max() > 4.0
