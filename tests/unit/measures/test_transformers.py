"""Tap, larger, swapped and other transformers: which are offered, and on what they stand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gridplan.demand.cases import Demand
from gridplan.measures.measure import Area, Measure
from gridplan.measures.settings import Neighbour
from gridplan.measures.transformers import (
    modern_type_for,
    rotation_measures,
    series_measures,
    tap_measures,
    uprating_measures,
)
from gridplan.network.feeder import Feeder
from tests.unit.measures.festival import village


def changed(measure: Measure, today: Feeder) -> Feeder:
    """The feeder that a measure leaves."""
    demand = Demand.from_arrays([[0.0] * len(today.customers)])
    return measure.change((Area(feeder=today, demand=demand),))[0].feeder


def test_taps_raise_the_voltage_step_by_step() -> None:
    near, far = tap_measures(village())
    assert (near.quantity, far.quantity) == (-1.0, -2.0)
    assert "+2.6 %" in near.label
    assert changed(far, village()).transformer.tap_pos == -2.0
    assert near.customers_out == 9, "off-load: everybody is out"


def test_no_tap_is_offered_where_there_is_none_left() -> None:
    today = village()
    last = replace(today, transformer=replace(today.transformer, tap_pos=-2.0))
    none = replace(today, transformer=replace(today.transformer, tap_step_percent=0.0))
    assert tap_measures(last) == ()
    assert tap_measures(none) == ()


def test_a_tap_keeps_within_the_range_of_a_transformer_that_came_in() -> None:
    today = village()
    far = tap_measures(today)[1]
    small = replace(today, transformer=replace(today.transformer, tap_min=-1.0))
    assert changed(far, small).transformer.tap_pos == -1.0


def test_a_swap_stands_on_an_area_that_can_live_with_the_old_transformer() -> None:
    today = village()
    larger = uprating_measures(today)
    (swap,) = rotation_measures(today, larger, ())
    assert swap.kind == "rotate"
    assert swap.change is larger[0].change
    assert "24 kVA" in swap.open_question, "four fifths of 30 kVA"
    fits = Neighbour(name="west", of="village", sn_kva=larger[0].quantity, peak_kva=20.0)
    heavy = Neighbour(name="east", of="village", sn_kva=larger[0].quantity, peak_kva=30.0)
    (named,) = rotation_measures(today, larger, (heavy, fits))
    assert not named.open_question
    assert "west" in named.detail
    assert rotation_measures(today, larger, (heavy,)) == ()


def test_dyn11_in_place_of_yyn0_keeps_the_rating() -> None:
    today = village()
    assert series_measures(today) == (), "it is Dyn11 already"
    old = replace(today, transformer=replace(today.transformer, vector_group="Yyn0"))
    (series,) = series_measures(old)
    new = changed(series, old).transformer
    assert (new.vector_group, new.sn_kva) == ("Dyn11", 30.0)
    assert new.std_type.startswith("S20")


@pytest.mark.parametrize(
    ("peak_kva", "rating"), [(23.9, "S20-30"), (24.1, "S20-50"), (80, "S20-100")]
)
def test_a_new_site_is_loaded_to_four_fifths(peak_kva: float, rating: str) -> None:
    assert (modern_type_for(peak_kva) or "").startswith(rating)
    assert modern_type_for(1e4) is None
