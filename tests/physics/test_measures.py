"""Each measure against a law of its own, worked out by hand or with another element."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as profile
from hypothesis import strategies as st

from gridplan.demand.cases import Demand
from gridplan.frozen import FloatArray
from gridplan.measures.battery import (
    BATTERY,
    CHARGE_HOURS,
    EFFICIENCY,
    USABLE,
    Shaving,
    with_battery,
)
from gridplan.measures.demands import day_from, hour_of_day, per_day
from gridplan.measures.generator import (
    DIP_PERCENT,
    NEGATIVE_PERCENT,
    TRANSIENT_PERCENT,
    ZERO_PERCENT,
    generator_source,
    motor_start_kva,
)
from gridplan.measures.reactive import SVG_LOSS_PERCENT, svg_power
from gridplan.measures.services import with_switching
from gridplan.measures.staggering import with_staggering
from gridplan.network.additions import with_devices
from gridplan.network.cutting import island_of
from gridplan.network.feeder import Feeder, Lines
from gridplan.powerflow.direct import solve
from gridplan.powerflow.results import PowerFlowResult
from tests.villages import (
    PHASE_V,
    customers,
    feeder,
    random_village,
    transformer,
    transformer_ohm,
)

QUIET = profile(deadline=None, max_examples=20)


def village(vector_group: str = "Dyn11", **plate: object) -> Feeder:
    """Five poles of 40 m in a row; homes on a, b, c at the second, fourth and fifth."""
    homes = customers([3, 5, 6], np.eye(3))
    return feeder([1, 2, 3, 4, 5], [40.0] * 5, homes, transformer(vector_group, **plate))


def days(p_kw: np.ndarray, *, n_day: int) -> Demand:
    """A demand (customer, draw, step) over whole days from midnight."""
    n_step = p_kw.shape[-1]
    whole = p_kw[None]

    def sampler(first: int, last: int) -> tuple[FloatArray, FloatArray]:
        return whole[:, :, first:last], 0.3 * whole[:, :, first:last]

    width = n_day * 1440 // n_step
    return Demand(
        scenarios=("s",),
        n_draw=p_kw.shape[1],
        times=np.datetime64("2027-02-05", "m") + np.arange(n_step) * np.timedelta64(width, "m"),
        step_minutes=float(width),
        customer_ids=np.array([f"H{k:02d}" for k in range(len(p_kw))]),
        occupancy=np.ones((1, len(p_kw))),
        sampler=sampler,
    )


# --- tap ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("position", [-2, -1, 1, 2])
def test_a_tap_sets_the_no_load_voltage_by_its_ratio(position: int) -> None:
    today = village("Yyn0", tap_step_percent=2.5, tap_min=-2.0, tap_max=2.0)
    nothing = np.zeros((1, 3))
    before, after = (
        solve(one, nothing, nothing).vm_v[0, 1:] for one in (today, today.with_tap(position))
    )
    assert np.allclose(after / before, 1 / (1 + 0.025 * position), rtol=1e-9)


def test_an_lv_tap_works_the_other_way() -> None:
    today = village(tap_side="lv", tap_step_percent=2.5, tap_min=-2.0, tap_max=2.0)
    nothing = np.zeros((1, 3))
    before, after = (solve(one, nothing, nothing).vm_v[0, 1] for one in (today, today.with_tap(2)))
    assert np.allclose(after / before, 1.05, rtol=1e-9)


# --- a second line -----------------------------------------------------------------------------


def as_loop(today: Feeder, line: int, second: Lines) -> Feeder:
    """The same second line as a line of its own, which closes a loop."""
    lines = today.lines
    more = {
        name: getattr(second, name)[[line]]
        for name in Lines.__dataclass_fields__
    } | {"name": np.array(["beside"])}  # fmt: skip
    joined = {
        name: np.concatenate([getattr(lines, name), more[name]])
        for name in Lines.__dataclass_fields__
    }
    return replace(today, lines=Lines(**joined))


@pytest.mark.parametrize("std_type", ["JKLYJ-1kV 4x95", "JL/G1A-16/3 4w"])
@pytest.mark.parametrize("vector_group", ["Yyn0", "Dyn11"])
def test_a_second_line_is_what_two_lines_side_by_side_are(std_type: str, vector_group: str) -> None:
    today = village(vector_group)
    new = today.with_conductor(["L1"], std_type)
    loop = as_loop(today, 1, new.lines)
    merged = today.with_second_line(["L1"], std_type)
    p_kw = np.array([[4.0, 5.0, 3.0], [0.0, 8.0, 0.0]])
    one, two = (solve(state, p_kw, 0.3 * p_kw) for state in (merged, loop))
    assert np.allclose(one.vm_v, two.vm_v, rtol=1e-9)
    assert np.allclose(one.loss_kw, two.loss_kw, rtol=1e-6)


def test_a_second_line_of_the_same_kind_halves_the_impedance_and_doubles_the_ampacity() -> None:
    today = village().with_conductor(["L0", "L1"], "JKLYJ-1kV 4x50")
    doubled = today.with_second_line(["L1"], "JKLYJ-1kV 4x50").lines
    assert np.allclose(doubled.z_ohm[1], today.lines.z_ohm[1] / 2, rtol=1e-12)
    assert doubled.ampacity_a[1] == pytest.approx(2 * today.lines.ampacity_a[1])
    assert doubled.neutral_ampacity_a[1] == pytest.approx(2 * today.lines.neutral_ampacity_a[1])
    assert np.array_equal(doubled.z_ohm[0], today.lines.z_ohm[0])


def test_at_the_ampacity_of_both_the_weaker_line_carries_its_own() -> None:
    """A balanced current: the two lines as a loop say which part each of them carries."""
    today = village().with_conductor(["L1"], "JKLYJ-1kV 4x50")
    std_type = "JL/G1A-16/3 4w"
    merged = today.with_second_line(["L1"], std_type).lines
    second = today.with_conductor(["L1"], std_type).lines
    z = [float(abs(one.z_ohm[1, 0, 0] - one.z_ohm[1, 0, 1])) for one in (today.lines, second)]
    shares = [merged.ampacity_a[1] * z[1 - k] / abs(
        (today.lines.z_ohm[1] + second.z_ohm[1])[0, 0]
        - (today.lines.z_ohm[1] + second.z_ohm[1])[0, 1]
    ) for k in range(2)]  # fmt: skip
    used = [shares[0] / today.lines.ampacity_a[1], shares[1] / second.ampacity_a[1]]
    assert max(used) == pytest.approx(1.0, rel=1e-9)


# --- three phases for a home --------------------------------------------------------------------


def test_a_home_on_three_phases_leaves_the_neutral() -> None:
    today = village("Yyn0")
    lines = replace(today.lines, section=np.array(["main"] * 4 + ["service"]))
    today = replace(today, lines=lines)
    after = today.with_three_phase_service(["H02"], "JKLYJ-1kV 4x16")
    p_kw = np.array([[0.0, 0.0, 6.0]])
    before, now = (solve(one, p_kw, 0 * p_kw) for one in (today, after))
    assert float(before.i_neutral_a[0]) == pytest.approx(float(before.i_transformer_a.max()))
    assert float(now.i_neutral_a[0]) < 1e-6
    # the phase current falls to a third, but for the voltage that recovers
    ratio = float(now.i_transformer_a.max() / before.i_transformer_a.max())
    assert 0.28 < ratio < 1 / 3
    assert float(now.residual_pu[0]) < 1e-9


# --- capacitor and static generator -------------------------------------------------------------


def test_a_capacitor_gives_its_reactive_power_at_the_square_of_the_voltage() -> None:
    today = village()
    with_it = today.with_capacitor("P2", 12.0)
    p_kw = np.array([[4.0, 5.0, 3.0]])
    one, two = (solve(state, p_kw, 0.4 * p_kw) for state in (today, with_it))
    q_kvar = [_transformer_kvar(result) for result in (one, two)]
    own = 12.0 * float(np.mean((two.vm_v[0, 4] / PHASE_V) ** 2))
    # lines take some reactive power themselves, less of it once the capacitor stands behind them
    assert q_kvar[0] - q_kvar[1] == pytest.approx(own, rel=0.02)
    assert (two.vm_v[0, 1:] > one.vm_v[0, 1:]).all()
    assert float(two.residual_pu[0]) < 1e-9


def _transformer_kvar(result: PowerFlowResult) -> float:
    """Reactive power at the transformer's LV terminals."""
    flows = result.work_out.flows
    return float((flows.bus_v * np.conj(flows.i_phase)).sum(axis=0).imag[0]) / 1e3


def test_a_capacitor_raises_the_voltage_by_its_current_through_the_reactance() -> None:
    today = village()
    kvar = 6.0
    nothing = np.zeros((1, 3))
    before, after = (
        solve(one, nothing, nothing).vm_v[0, 4] for one in (today, today.with_capacitor("P2", kvar))
    )
    _, z_trafo = transformer_ohm(today.transformer)
    z_line = complex(today.lines.z_ohm[0, 0, 0] - today.lines.z_ohm[0, 0, 1])
    reactance = (z_trafo + 3 * z_line).imag
    rise_v = kvar * 1e3 / (3 * PHASE_V) * reactance
    assert np.allclose(after - before, rise_v, rtol=0.03)


@QUIET
@given(st.integers(0, 10_000))
def test_a_static_generator_moves_power_between_phases_and_makes_none(seed: int) -> None:
    rng = np.random.default_rng(seed)
    share = np.eye(3)[rng.integers(0, 3, 9)]
    p_kw = rng.uniform(0, 3, (1, 9, 2, 5))
    q_kvar = 0.4 * p_kw
    kvar = float(rng.uniform(1, 40))
    p_own, q_own = svg_power(share, share, kvar)(p_kw, q_kvar)
    loss_kw = SVG_LOSS_PERCENT / 100 * kvar
    assert np.allclose(p_own.sum(axis=1), loss_kw)
    size = np.hypot(p_own - loss_kw / 3, q_own)
    assert (size <= kvar / 3 * (1 + 1e-9)).all(), "no leg above its rating"
    p_phase = np.einsum("sndt,np->spdt", p_kw, share)
    after = p_phase + p_own
    spread = np.ptp(p_phase, axis=1)
    assert (np.ptp(after, axis=1) <= spread + 1e-9).all()
    enough = (size < kvar / 3 * (1 - 1e-9)).all(axis=1)
    assert np.allclose(np.ptp(after, axis=1)[enough], 0, atol=1e-9)
    assert np.allclose((q_own + np.einsum("sndt,np->spdt", q_kvar, share)).sum(axis=1)[enough], 0)


def test_a_static_generator_balances_the_currents_of_the_transformer() -> None:
    today = village("Yyn0")
    with_it = with_devices(today, ["SVG"], "LV")
    p_kw = np.array([9.0, 5.0, 1.0])
    extra = svg_power(today.customers.p_share, today.customers.q_share, 60.0)
    p_own, q_own = extra(p_kw[None, :, None, None], 0.3 * p_kw[None, :, None, None])
    p_all = np.concatenate([p_kw, p_own.ravel()])[None]
    q_all = np.concatenate([0.3 * p_kw, q_own.ravel()])[None]
    before = solve(today, p_kw[None], 0.3 * p_kw[None])
    after = solve(with_it, p_all, q_all)
    assert float(before.i_neutral_a[0]) > 25
    # what is left: the controller counts at nominal voltage, and the lines' losses
    assert float(after.i_neutral_a[0]) < 0.08 * float(before.i_neutral_a[0])
    assert float(np.ptp(after.i_transformer_a)) < 0.08 * float(np.ptp(before.i_transformer_a))


# --- island --------------------------------------------------------------------------------------


def test_an_island_sags_behind_the_sequence_impedances_of_its_generator() -> None:
    """One phase loaded: v_a = e - (z2 + z0) / 3 i_a, the regulator holding v1 in the mean."""
    today = village()
    kva = 50.0
    island = island_of(today, generator_source(kva, PHASE_V))
    p_kw = np.array([[5.0, 0.0, 0.0]])
    result = solve(island, p_kw, 0 * p_kw)
    base_ohm = 3 * PHASE_V**2 / (kva * 1e3)
    z2, z0 = (1j * percent / 100 * base_ohm for percent in (NEGATIVE_PERCENT, ZERO_PERCENT))
    i_a = complex(result.work_out.flows.i_phase[0, 0])
    expected = [
        abs(PHASE_V - (z2 + z0) / 3 * i_a),
        # i2 = i0 = i_a / 3; phase b sees a z2 i2 and z0 i0
        abs(PHASE_V * _turn(2) - (_turn(1) * z2 + z0) / 3 * i_a),
        abs(PHASE_V * _turn(1) - (_turn(2) * z2 + z0) / 3 * i_a),
    ]
    assert np.allclose(result.vm_v[0, island.busbar], expected, rtol=1e-9)
    assert float(result.residual_pu[0]) < 1e-8


def _turn(times: int) -> complex:
    return complex(np.exp(2j * np.pi / 3 * times))


def test_a_balanced_island_keeps_its_voltage_at_the_terminals() -> None:
    island = island_of(village(), generator_source(50.0, PHASE_V, vm_pu=1.02))
    even = replace(island, customers=replace(island.customers, p_share=np.full((3, 3), 1 / 3),
                                             q_share=np.full((3, 3), 1 / 3)))  # fmt: skip
    p_kw = np.full((1, 3), 6.0)
    vm_v = solve(even, p_kw, 0.4 * p_kw).vm_v[0, island.busbar]
    assert np.allclose(vm_v, 1.02 * PHASE_V, rtol=1e-9)


def test_the_dip_while_a_motor_starts_is_the_one_it_is_sized_for() -> None:
    """The start as an impedance behind the transient reactance, by the power flow itself."""
    start_kva, running_kva = 40.0, 0.0
    sn_kva = motor_start_kva(start_kva, running_kva)
    base_ohm = 3 * PHASE_V**2 / (sn_kva * 1e3)
    source = replace(
        generator_source(sn_kva, PHASE_V), z1_ohm=1j * TRANSIENT_PERCENT / 100 * base_ohm
    )
    island = island_of(village(), source)
    motor = replace(
        island.customers,
        node=np.zeros(3, dtype=int),
        p_share=np.full((3, 3), 1 / 3),
        q_share=np.full((3, 3), 1 / 3),
        const_z=np.ones(3),
    )
    island = replace(island, customers=motor)
    q_kvar = np.array([[start_kva, 0.0, 0.0]])
    vm_v = solve(island, 0 * q_kvar, q_kvar).vm_v[0, 0]
    assert np.allclose(vm_v, PHASE_V * (1 - DIP_PERCENT / 100), rtol=1e-6)


# --- storage -------------------------------------------------------------------------------------


def storage_of(seed: int) -> tuple[Demand, Demand, Shaving]:
    """Three days of nine homes in four draws, with and without a storage of random size."""
    rng = np.random.default_rng(seed)
    hour = np.arange(3 * 96) / 4 % 24
    evening = 0.3 + np.exp(-(((hour - 19.5) / 2.5) ** 2))
    p_kw = rng.uniform(0.5, 2.0, (9, 4, 1)) * evening * rng.uniform(0.8, 1.2, (9, 4, 288))
    demand = days(p_kw, n_day=3)
    share = np.eye(3)[rng.integers(0, 3, 9)]
    shaving = Shaving(
        area_kw=float(rng.uniform(1.5, 4.0)),
        circuit_kw=math.inf,
        behind=np.zeros(9, dtype=bool),
        share=share,
        kw=float(rng.uniform(2, 12)),
        kwh=float(rng.uniform(2, 30)),
    )
    ids = [f"{BATTERY}/{phase}" for phase in "abc"]
    return demand, with_battery(demand, shaving, ids), shaving


@QUIET
@given(st.integers(0, 10_000))
def test_a_storage_takes_what_it_gave_over_its_efficiency(seed: int) -> None:
    _, stored, shaving = storage_of(seed)
    own = stored.block(0, 4)[0][:, 9:]
    given_kw, taken_kw = np.maximum(-own, 0), np.maximum(own, 0)
    day, hour = day_from(stored, CHARGE_HOURS[1]), hour_of_day(stored)
    given = per_day(given_kw.sum(axis=1), day) / 4
    taken = per_day(taken_kw.sum(axis=1), day) / 4
    # the period begins in the middle of a night and ends before its last one
    whole = np.flatnonzero(np.bincount(day) == 96)
    assert np.allclose(taken[..., whole] * EFFICIENCY, given[..., whole])
    assert (given <= shaving.kwh * USABLE + 1e-9).all(), "it is empty then"
    assert (given_kw <= shaving.kw / 3 + 1e-9).all(), "no leg above its rating"
    assert (taken_kw[..., (hour < CHARGE_HOURS[0]) | (hour >= CHARGE_HOURS[1])] == 0).all()


@QUIET
@given(st.integers(0, 10_000))
def test_a_storage_that_is_large_enough_holds_the_threshold(seed: int) -> None:
    demand, _, small = storage_of(seed)
    shaving = replace(small, kw=1e3, kwh=1e4)
    stored = with_battery(demand, shaving, [f"{BATTERY}/{phase}" for phase in "abc"])
    p_kw = stored.block(0, 4)[0]
    phase = np.einsum("sndt,np->spdt", p_kw[:, :9], shaving.share) + p_kw[:, 9:]
    hour = hour_of_day(stored)
    shaved = (hour < CHARGE_HOURS[0]) | (hour >= CHARGE_HOURS[1])
    assert (phase[..., shaved] <= shaving.area_kw + 1e-9).all()
    assert np.array_equal(p_kw[:, :9], demand.block(0, 4)[0]), "the homes draw what they drew"


# --- staggering and switching --------------------------------------------------------------------


@QUIET
@given(st.integers(0, 10_000), st.floats(0.0, 0.5))
def test_staggering_moves_energy_and_loses_none(seed: int, share: float) -> None:
    rng = np.random.default_rng(seed)
    demand = days(rng.uniform(0.1, 2.0, (5, 3, 3 * 96)), n_day=3)
    homes = np.array([True, True, False, True, False])
    moved = with_staggering(demand, homes, share, (17.0, 21.0))
    before, after = (one.block(0, 3) for one in (demand, moved))
    for old, new in zip(before, after, strict=True):
        assert np.array_equal(old[:, ~homes], new[:, ~homes])
    day = day_from(demand, 6.0)
    old, new = (per_day(one[0][:, homes], day) for one in (before, after))
    assert np.allclose(old[..., 1:-1], new[..., 1:-1]), "every whole day keeps its energy"
    hour = hour_of_day(demand)
    evening = (hour >= 17) & (hour < 21)
    # the last evening has a short night after it, up to midnight
    ratio = after[0][:, homes][..., evening] / before[0][:, homes][..., evening]
    assert np.allclose(ratio, 1 - share)


@QUIET
@given(st.integers(0, 10_000))
def test_a_switched_home_draws_all_it_drew_on_one_phase_at_a_time(seed: int) -> None:
    rng = np.random.default_rng(seed)
    homes = customers([2] * 6, np.eye(3)[rng.integers(0, 3, 6)])
    today = feeder([1], [40.0], homes, transformer())
    demand = days(rng.uniform(0.0, 2.0, (6, 2, 96)), n_day=1)
    switched, moved = with_switching(today, demand, ["U01", "U04"])
    old, new = demand.block(0, 2)[0], moved.block(0, 2)[0]
    assert switched.customers.id.tolist()[6:] == ["H01~1", "H04~1", "H01~2", "H04~2"]
    places = np.stack([new[:, [1, 4]], new[:, [6, 7]], new[:, [8, 9]]])
    assert np.allclose(places.sum(axis=0), old[:, [1, 4]])
    assert ((places > 0).sum(axis=0) <= 1).all(), "on one phase"
    assert np.array_equal(new[:, [0, 2, 3, 5]], old[:, [0, 2, 3, 5]])
    # three places, three phases
    phases = switched.customers.phase[[1, 6, 8]].tolist()
    assert sorted(phases) == ["a", "b", "c"]


def test_a_controller_knows_nothing_of_the_future() -> None:
    rng = np.random.default_rng(3)
    homes = customers([2] * 6, np.eye(3)[[0, 0, 0, 1, 1, 2]])
    today = feeder([1], [40.0], homes, transformer())
    p_kw = rng.uniform(0.5, 2.0, (6, 1, 96))
    other = p_kw.copy()
    other[..., 48:] = rng.uniform(0.5, 2.0, (6, 1, 48))
    one, two = (
        with_switching(today, days(part, n_day=1), ["U00", "U01"])[1].block(0, 1)[0]
        for part in (p_kw, other)
    )
    assert np.array_equal(one[..., :48], two[..., :48])
    # the interval that begins at noon was decided by what was drawn before it
    assert np.array_equal(one[..., 48:50] > 0, two[..., 48:50] > 0)


def test_devices_even_out_what_stays_the_same() -> None:
    """Six equal homes, four of them on phase a: two devices reach two on each phase."""
    homes = customers([2] * 6, np.eye(3)[[0, 0, 0, 0, 1, 2]])
    today = feeder([1], [40.0], homes, transformer())
    demand = days(np.ones((6, 1, 96)), n_day=1)
    switched, moved = with_switching(today, demand, ["U00", "U01"])
    p_kw = moved.block(0, 1)[0][0, :, 0]
    phase = np.einsum("nt,np->pt", p_kw, switched.customers.p_share)
    assert np.array_equal(phase[:, 0], [4, 1, 1]), "nothing is known in the first interval"
    assert np.allclose(phase[:, 2:], 2)


# --- the same feeder by another engine ------------------------------------------------------------


@pytest.mark.parametrize("seed", range(3))
def test_changed_feeders_are_what_opendss_makes_of_them(seed: int) -> None:
    from gridplan.network.cutting import split_at
    from tests.validation.twin import solve_twin

    today = random_village(seed, "Dyn11")
    p_kw = np.linspace(0.5, 2.0, len(today.customers))
    loaded = replace(
        today,
        customers=replace(today.customers, p_kw=p_kw, q_kvar=0.3 * p_kw),
        source=replace(today.source, z1_ohm=0.4j, z2_ohm=0.4j, z0_ohm=0.9j),
    )
    # the regulator of a set as nearly ideal as OpenDSS takes it
    truck = replace(generator_source(60.0, PHASE_V), z1_ohm=1e-6j)
    last = int(today.customers.node.max())
    line = str(today.lines.name[today.nodes.parent_line[last]])
    near, far = split_at(loaded, line, "S20-50/10 Dyn11")
    changed = (
        loaded.with_second_line(["L0", "L1"], "JKLYJ-1kV 4x50"),
        loaded.with_capacitor("P3", 8.0),
        loaded.with_three_phase_service(["H00"], "JKLYJ-1kV 4x16"),
        island_of(loaded, truck),
        near,
        far,
    )
    for one in changed:
        twin = solve_twin(one)
        own = solve(one)
        behind = one.nodes.nominal_v < 1000
        assert np.allclose(own.vm_v[0][behind], twin.vm_v[behind], rtol=2e-6), one
