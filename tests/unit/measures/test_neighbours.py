"""Areas nearby: load handed over, an ordinary week, what a study says of them."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError

from gridplan.demand.forecast import forecast_demand
from gridplan.demand.settings import ForecastSettings
from gridplan.errors import StudyError
from gridplan.measures.around import Surroundings, surroundings_of
from gridplan.measures.bench import Bench
from gridplan.measures.candidates import single_options
from gridplan.measures.costs import shipped_costs
from gridplan.measures.measure import Area
from gridplan.measures.ordinary import OrdinaryWeek, back_by, order_by, ordinary_demand
from gridplan.measures.settings import MeasureSettings, Neighbour
from gridplan.measures.splitting import NEW_SITE, split_measures, transfer_measures
from gridplan.measures.transformers import tap_measures
from gridplan.measures.worstdays import worst_days
from gridplan.network.feeder import Feeder
from gridplan.network.reader import read_feeder
from gridplan.study import read_study
from tests.unit.measures.festival import LIMITS, demand, situation, village

ROOT = Path(__file__).parents[3]
FORECAST = {
    "period": {"festival_year": 2027, "first_day": -2, "last_day": 2},
    "draws": 12,
    "scenarios": {"expected": {}, "cold": {"temperature_offset_c": -6.0}},
}


def other() -> Feeder:
    """A neighbour of the same build with a large transformer and numbers of its own."""
    twin = village(200.0)
    ids = [f"N{k}" for k in range(len(twin.customers))]
    return replace(twin, name="north", customers=replace(twin.customers, id=ids))


def neighbour(**more: object) -> Neighbour:
    values: dict[str, object] = {
        "name": "north", "of": "village", "network": "north", "open_line": "L2", "node": "P4",
        "neighbour_node": "P6", "length_m": 60.0,
    }  # fmt: skip
    return Neighbour(**{**values, **more})


def test_load_handed_over_is_judged_in_both_areas() -> None:
    today = village()
    drawn = demand(today, {"s": 3.4})
    settings = MeasureSettings(neighbours=[neighbour()])
    found, sweep = situation(today, drawn, settings)
    north = Area(feeder=other(), demand=demand(other(), {"s": 1.0}, seed=1), name="north")
    (measure,) = transfer_measures(found, {"north": north})
    assert (measure.kind, measure.work["new_line"]) == ("transfer", 60.0)
    assert measure.customers_out == 5
    days = worst_days([sweep], today.transformer, LIMITS, 3)
    assert days is not None
    bench = Bench(
        feeder=today, demand=drawn, short=days.of(drawn), days=days, today=found.findings,
        limits=LIMITS, settings=settings, costs=shipped_costs(), week=None,
    )  # fmt: skip
    result = bench.tried((measure,))
    before = found.findings.probability(("phase_overload", "s", "transformer"))
    assert before == 1.0
    assert result.probabilities["phase_overload", "s", "transformer"] == (1.0, 0.0)
    beyond = [key for key in result.probabilities if key[2].startswith("north: ")]
    assert all(key not in result.rises or result.probabilities[key][0] == 0.0 for key in beyond)
    # a neighbour that is heavily loaded itself gets findings under its own name
    full = replace(north, feeder=replace(north.feeder, transformer=village().transformer))
    (measure,) = transfer_measures(found, {"north": full})
    worse = bench.tried((measure,))
    key = ("phase_overload", "s", "north: transformer")
    assert worse.probabilities[key][1] > 0.5
    assert key in worse.rises


def test_without_the_neighbours_network_no_transfer_is_drawn_up() -> None:
    today = village()
    settings = MeasureSettings(neighbours=[neighbour()])
    found, _ = situation(today, demand(today, {"s": 3.4}), settings)
    assert transfer_measures(found, {}) == ()
    kinds = {option[0].kind for option in single_options(found, {})}
    assert "transfer" not in kinds


def test_a_new_site_takes_about_half_and_its_findings_have_its_name() -> None:
    today = village()
    drawn = demand(today, {"s": 3.4})
    found, _ = situation(today, drawn)
    (measure,) = split_measures(found)
    near, far = measure.change((Area(feeder=today, demand=drawn),))
    assert (near.name, far.name) == ("", NEW_SITE)
    total = drawn.block(0, 6)[0].sum()
    moved = far.demand.block(0, 6)[0].sum()
    assert 0.3 < moved / total < 0.8
    assert near.demand.block(0, 6)[0].sum() + moved == pytest.approx(total)
    route_m = float(measure.work["mv_line"])
    assert route_m % 40 == 0
    assert route_m > 0


def test_the_ordinary_week_is_in_april_with_those_who_live_there() -> None:
    feeder = read_feeder(ROOT / "networks" / "hongjiawan")
    settings = ForecastSettings(**FORECAST)
    week = ordinary_demand(feeder, settings)
    assert str(week.times[0])[:10] == "2027-04-12"
    assert dt.date.fromisoformat(str(week.times[0])[:10]).weekday() == 0
    assert (week.scenarios, week.n_step) == (("ordinary",), 7 * 96)
    festival = forecast_demand(feeder, settings)
    assert week.block(0, 2)[0].sum(axis=1).max() < festival.block(0, 2)[0].sum(axis=1).max()
    own = ordinary_demand(feeder, settings, dt.date(2027, 5, 1))
    assert str(own.times[0])[:10] == "2027-05-01"


def test_a_raised_tap_meets_its_upper_voltage_in_april_and_has_a_date_to_go_back() -> None:
    today = village()
    drawn = demand(today, {"s": 3.4})
    quiet = demand(today, {"ordinary": 0.2}, n_draw=3, seed=4)
    week = OrdinaryWeek.of(today, quiet, LIMITS, light_load_rise_percent=2.0)
    assert [len(found) for found in week.today] == [0, 0]
    near, far = tap_measures(today)
    assert week.worse((), today) == ()
    at_light_load = week.worse((near,), today)
    assert at_light_load
    assert all("light load" in text and "high voltage" in text for text in at_light_load)
    assert len(week.worse((far,), today)) > len(at_light_load), "and at the usual voltage"
    found, _ = situation(today, drawn)
    bench = Bench(
        feeder=today, demand=drawn, short=drawn, days=None, today=found.findings, limits=LIMITS,
        settings=MeasureSettings(), costs=shipped_costs(), week=week,
    )  # fmt: skip
    result = bench.tried((near,))
    assert result.year_round == at_light_load
    assert result.revert_by == "2027-02-09", "the day after the study's last one"
    assert back_by(drawn) == "2027-02-09"


def test_a_voltage_that_is_too_high_already_counts_when_it_gets_worse() -> None:
    today = village()
    quiet = demand(today, {"ordinary": 0.2}, n_draw=3, seed=4)
    high = replace(today, source=replace(today.source, vm_pu=1.03))
    week = OrdinaryWeek.of(high, quiet, LIMITS, light_load_rise_percent=1.0)
    assert all(len(found) for found in week.today)
    assert week.worse((tap_measures(high)[0],), high)


def test_work_is_ordered_before_the_trouble_and_before_the_last_days_of_the_year() -> None:
    drawn = demand(village(), {"s": 1.0})
    # New Year's Day 2027-02-06; the 28th of the last lunar month is 2027-02-04
    assert order_by(drawn, "2027-02-08T18:00", 10.0) == "2027-01-24"
    assert order_by(drawn, "2027-02-01T18:00", 10.0) == "2027-01-21"
    assert order_by(drawn, None, 10.0) is None
    assert order_by(drawn, "2027-07-01T18:00", 0.0) == "2027-06-30"


def test_surroundings_are_read_beside_the_study(tmp_path: Path) -> None:
    text = (ROOT / "scenarios" / "irrigation-2027.yaml").read_text(encoding="utf-8")
    (tmp_path / "irrigation-2027").mkdir()
    for path in (ROOT / "scenarios" / "irrigation-2027").iterdir():
        (tmp_path / "irrigation-2027" / path.name).write_bytes(path.read_bytes())
    folder = tmp_path / "wanfota"
    folder.mkdir()
    network = ROOT / "networks" / "wanfota" / "network.json"
    (folder / "network.json").write_bytes(network.read_bytes())
    text += (
        "  neighbours:\n"
        "  - name: wanfota\n"
        "    of: hongjiawan\n"
        "    network: wanfota\n"
        "    open_line: F1-P06\n"
        "    node: F1-P10\n"
        "    neighbour_node: F2-P03\n"
    )
    path = tmp_path / "study.yaml"
    path.write_text(text, encoding="utf-8")
    study = read_study(path)
    feeder = read_feeder(ROOT / "networks" / "hongjiawan")
    around = surroundings_of(feeder, study.forecast, study.measures)
    assert around.neighbours["wanfota"].name == "wanfota"
    assert around.neighbours["wanfota"].demand.scenarios == ("usual", "drought", "heat_wave")
    assert around.ordinary is not None
    assert Surroundings().neighbours == {}
    other_feeder = read_feeder(ROOT / "networks" / "wanfota")
    assert surroundings_of(other_feeder, study.forecast, study.measures).neighbours == {}


def test_faults_of_the_settings_name_their_lines(tmp_path: Path) -> None:
    text = (
        "name: x\n"
        "title: x\n"
        "forecast:\n"
        "  period: {start: 2027-07-10, end: 2027-07-12}\n"
        "  scenarios: {usual: {}}\n"
        "measures:\n"
        "  without: [tap, magic]\n"
        "  costs: none.csv\n"
        "  ordinary_start: 2027-02-04\n"
        "  batteries:\n"
        "  - {kw: 50, kwh: 100}\n"
        "  - {kw: 50, kWh: 100}\n"
        "  neighbours:\n"
        "  - {name: a, of: b}\n"
    )
    path = tmp_path / "study.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(StudyError) as caught:
        read_study(path)
    message = str(caught.value)
    for place, what in (
        ("study.yaml:7", "magic"), ("study.yaml:8", "none.csv"), ("study.yaml:9", "Festival"),
        ("study.yaml:12", "kWh"), ("study.yaml:14", "peak_kva"),
    ):  # fmt: skip
        assert place in message, place
        assert what in message, what


def test_a_transfer_needs_all_its_ends() -> None:
    with pytest.raises(ValidationError, match="neighbour_node"):
        neighbour(neighbour_node=None)
    assert np.isclose(neighbour().length_m, 60.0)
