"""The catalogue: its physics hangs together, and measures keep what they should keep."""

from __future__ import annotations

import math

import numpy as np
import pytest

from gridplan.errors import CatalogueError
from gridplan.network.catalogue import (
    conductor_types,
    lines_of_type,
    next_rating,
    transformer_of_type,
    transformer_types,
)
from gridplan.network.feeder import Feeder
from gridplan.network.reader import feeder_from_net
from tests.unit.network.nets import village


@pytest.fixture(scope="module")
def feeder() -> Feeder:
    return feeder_from_net(village())


def test_every_transformer_is_possible() -> None:
    types = transformer_types()
    assert len(types) >= 169
    for item in types.values():
        assert item.vkr_percent < item.vk_percent
        assert item.pfe_kw < item.i0_percent / 100 * item.sn_kva
        assert item.vk0_percent >= (40 if item.vector_group == "Yyn0" else 3)


def test_load_losses_follow_the_column_of_the_source() -> None:
    # S9-30: load losses 600 W at rated current (GB/T 6451) are 2.0 % of 30 kVA
    assert transformer_types()["S9-30/10 Yyn0"].vkr_percent == pytest.approx(2.0, rel=0.01)


def test_zero_sequence_resistance_is_phase_plus_three_neutrals() -> None:
    # a single-phase loop of phase and neutral has r + rn, so r0 = r + 3 rn
    types = conductor_types()
    mixed, thin = types["LGJ-3x25+1x16"], types["LGJ-16"]
    assert mixed.r0_ohm_per_km == pytest.approx(mixed.r_ohm_per_km + 3 * thin.r_ohm_per_km)
    assert mixed.neutral_ampacity_a == thin.ampacity_a < mixed.ampacity_a


def test_zero_sequence_reactance_from_geometry() -> None:
    # independent of the table: one phase and the neutral, 0.504 m apart on average, as a two-wire
    # loop: x_loop = k ln(D^2 / (GMR1 GMR2)), to be equal to (x0 + 2 x1) / 3 for four equal wires
    k = 2 * math.pi * 50 * 2e-4
    item = conductor_types()["LGJ-25"]
    gmr_m = 0.727 * math.exp(-item.x_ohm_per_km / k)
    loop = k * math.log(0.504**2 / gmr_m**2)
    assert (item.x0_ohm_per_km + 2 * item.x_ohm_per_km) / 3 == pytest.approx(loop, rel=2e-3)


def test_unknown_types_name_close_ones(feeder: Feeder) -> None:
    with pytest.raises(CatalogueError, match="S9-100/10 Yyn0"):
        transformer_of_type("S9-100/10", feeder.transformer)
    with pytest.raises(CatalogueError, match="JKLYJ-1kV 4x50"):
        lines_of_type("JKLYJ-1kV 4x5", feeder.lines, ["L1"])
    with pytest.raises(CatalogueError, match="L1"):
        lines_of_type("LGJ-25", feeder.lines, ["L01"])


def test_new_conductor_changes_the_named_lines_only(feeder: Feeder) -> None:
    new = feeder.with_conductor(["L2"], "JKLYJ-1kV 4x50").lines
    changed = new.name == "L2"
    assert np.array_equal(new.z_ohm[~changed], feeder.lines.z_ohm[~changed])
    own, mutual = new.z_ohm[changed][0, 0, 0], new.z_ohm[changed][0, 0, 1]
    assert own - mutual == pytest.approx((0.641 + 0.3447j) * 0.04)
    assert own + 2 * mutual == pytest.approx((2.564 + 1.2408j) * 0.04)
    assert new.ampacity_a[changed] == 168
    assert new.neutral_ampacity_a[changed] == 168
    assert np.array_equal(new.length_m, feeder.lines.length_m)


def test_reactance_follows_the_frequency(feeder: Feeder) -> None:
    fifty, sixty = (lines_of_type("LGJ-25", feeder.lines, ["L1"], f_hz) for f_hz in (50.0, 60.0))
    assert sixty.z_ohm[0].imag == pytest.approx(1.2 * fifty.z_ohm[0].imag)
    assert sixty.z_ohm[0].real == pytest.approx(fifty.z_ohm[0].real)


def test_new_transformer_keeps_place_voltages_and_tap() -> None:
    old = feeder_from_net(village(tap_pos=-1, vn_hv_kv=10.5)).transformer
    new = transformer_of_type("S11-160/10 Yyn0", old)
    assert (new.hv_node, new.lv_node, new.vn_hv_kv) == (old.hv_node, old.lv_node, 10.5)
    assert (new.tap_pos, new.sn_kva, new.vector_group) == (-1, 160, "Yyn0")


def test_tap_keeps_its_voltage_when_the_step_differs() -> None:
    old = feeder_from_net(village(tap_pos=1, tap_step_percent=5, tap_min=-1, tap_max=1)).transformer
    assert transformer_of_type("S11-160/10 Dyn11", old).tap_pos == 2


def test_next_ratings_stay_in_series_and_group() -> None:
    small = transformer_of_type(
        "S9-30/10 Yyn0", feeder_from_net(village(std_type="unknown")).transformer
    )
    assert next_rating(small, 2) == ["S9-50/10 Yyn0", "S9-63/10 Yyn0"]
    stranger = feeder_from_net(village()).transformer
    assert next_rating(stranger, 1) == ["S11-125/10 Dyn11"]
