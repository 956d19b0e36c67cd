"""Storage: where it stands, how large it is, that it does what it is bought for."""

from __future__ import annotations

import numpy as np

from gridplan.assessment.rules import assess
from gridplan.measures.battery import USABLE, battery_measures
from gridplan.measures.judging import judged
from gridplan.measures.measure import Area
from gridplan.measures.settings import BatterySize, MeasureSettings
from gridplan.measures.situation import Situation
from gridplan.powerflow.sweep import Watch, run_sweep
from tests.unit.measures.festival import LIMITS, demand, situation, village

LOOSE = LIMITS.with_values(low_voltage_v=120.0)


def test_it_stands_at_the_busbar_for_the_transformer_and_on_the_circuit_for_its_voltage() -> None:
    today = village()
    drawn = demand(today, {"s": 4.0})
    found, _ = situation(today, drawn)
    (on_circuit,) = battery_measures(found)
    assert on_circuit.place == "P2", "120 of 200 m of F1"
    assert "of the circuit" in on_circuit.detail
    sweep = run_sweep(today, drawn, watch=Watch(v_low_v=120.0))
    loose = Situation.of(today, drawn, sweep, assess(today, sweep, LOOSE), LOOSE, MeasureSettings())
    (at_busbar,) = battery_measures(loose)
    assert at_busbar.place == "LV"
    assert "of the area" in at_busbar.detail


def test_it_shaves_what_the_rule_asks_for() -> None:
    today = village()
    for level_kw, broken in (
        (2.4, {("phase_overload", "transformer")}),
        (4.0, {("phase_overload", "transformer"), ("low_voltage", "F1")}),
    ):
        drawn = demand(today, {"s": level_kw}, n_draw=12)
        found, _ = situation(today, drawn)
        assert broken <= {(item.kind.value, item.element) for item in found.open}
        (storage,) = battery_measures(found)
        after = judged(storage.change((Area(feeder=today, demand=drawn),)), LIMITS).findings
        for kind, element in broken:
            key = (kind, "s", element)
            assert after.probability(key) <= 0.1 < found.findings.probability(key), key


def test_the_smallest_size_at_hand_that_is_enough_is_taken() -> None:
    today = village()
    drawn = demand(today, {"s": 2.4})
    sizes = [BatterySize(kw=kw, kwh=kwh) for kw, kwh in ((200, 400), (2, 200), (40, 80))]
    found, _ = situation(today, drawn, MeasureSettings(batteries=sizes))
    (storage,) = battery_measures(found)
    assert storage.label.startswith("40 kW / 80 kWh")
    assert storage.work["battery_kwh_day"] % 80 == 0
    none, _ = situation(today, drawn, MeasureSettings(batteries=[BatterySize(kw=1, kwh=1)]))
    assert battery_measures(none) == ()
    barred, _ = situation(today, drawn, MeasureSettings(truck_access=False))
    assert battery_measures(barred) == ()


def test_capacity_counts_without_the_part_that_is_kept_back() -> None:
    today = village()
    drawn = demand(today, {"s": 2.4})
    found, _ = situation(today, drawn)
    needed = float(battery_measures(found)[0].detail.split(" kWh")[0].split(" ")[-1])
    tight = [BatterySize(kw=80, kwh=needed), BatterySize(kw=90, kwh=needed / USABLE + 2.0)]
    again, _ = situation(today, drawn, MeasureSettings(batteries=tight))
    assert battery_measures(again)[0].quantity == 90.0


def test_the_homes_keep_their_numbers_and_the_device_comes_after_them() -> None:
    today = village()
    drawn = demand(today, {"s": 2.4})
    found, _ = situation(today, drawn)
    (area,) = battery_measures(found)[0].change((Area(feeder=today, demand=drawn),))
    assert area.feeder.customers.id[-3:].tolist() == ["battery/a", "battery/b", "battery/c"]
    assert np.array_equal(area.demand.customer_ids, area.feeder.customers.id)
    assert np.array_equal(area.demand.block(0, 2)[0][:, :9], drawn.block(0, 2)[0])
    assert area.demand.block(0, 2)[0][:, 9:].min() < 0


def test_a_village_in_order_needs_none() -> None:
    today = village()
    found, _ = situation(today, demand(today, {"s": 0.5}))
    assert not found.pending
    assert battery_measures(found) == ()
