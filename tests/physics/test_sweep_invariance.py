"""A sweep gives what single power flows give, whatever its blocks and workers."""

from __future__ import annotations

import numpy as np
import pytest

import gridplan as gp
from gridplan.powerflow import sweep as sweep_module
from tests import villages

N_SCENARIO, N_DRAW, N_STEP = 2, 9, 8
SERIES = ("i_phase_a", "i_neutral_a", "s_kva", "v_min_v", "v_max_v", "vuf_percent", "loss_kw")
SUMMARIES = (
    *("low_h", "low_run_h", "customer_v_min_v", "customer_v_max_v"),
    *("element_max_percent", "element_phase_percent"),
)


@pytest.fixture(scope="module")
def feeder() -> gp.Feeder:
    return villages.random_village(7, "Yyn0")


@pytest.fixture(scope="module")
def demand(feeder: gp.Feeder) -> gp.Demand:
    p_kw, q_kvar = villages.random_demand(7, N_SCENARIO * N_DRAW * N_STEP)
    p_kw[5] *= 100  # one case beyond the limit of solvability
    shape = (N_SCENARIO, N_DRAW, N_STEP, len(feeder.customers))
    p, q = (np.moveaxis(a.reshape(shape), 3, 1) for a in (p_kw, q_kvar))
    return gp.Demand(
        scenarios=("one", "two"),
        n_draw=N_DRAW,
        times=np.datetime64("2027-02-05T18:00") + 15 * np.arange(N_STEP),
        step_minutes=15.0,
        customer_ids=feeder.customers.id,
        occupancy=np.ones((N_SCENARIO, len(feeder.customers))),
        sampler=lambda first, last: (p[:, :, first:last], q[:, :, first:last]),
    )


def assert_same(one: gp.SweepResult, other: gp.SweepResult) -> None:
    np.testing.assert_array_equal(one.status, other.status)
    for name in (*SERIES, *SUMMARIES):
        # both are stored in single precision
        np.testing.assert_allclose(
            getattr(one, name), getattr(other, name), rtol=2e-6, atol=1e-4, err_msg=name
        )


@pytest.mark.parametrize("block_cases", [1, 20, 10_000])
@pytest.mark.parametrize("workers", [1, 3])
def test_blocks_and_workers_do_not_matter(monkeypatch, feeder, demand, block_cases, workers):
    usual = gp.run_sweep(feeder, demand)
    monkeypatch.setattr(sweep_module, "_BLOCK_CASES", block_cases)
    assert_same(gp.run_sweep(feeder, demand, workers=workers), usual)


def test_a_sweep_is_its_power_flows(feeder, demand):
    sweep = gp.run_sweep(feeder, demand)
    p, q = (
        np.moveaxis(a, 1, 3).reshape(-1, len(feeder.customers)) for a in demand.block(0, N_DRAW)
    )
    flows = gp.solve(feeder, p, q)
    cases = (N_SCENARIO, N_DRAW, N_STEP)
    assert sweep.not_converged == (~flows.converged).sum() == 1
    np.testing.assert_allclose(sweep.i_phase_a, flows.i_transformer_a.reshape(*cases, 3), rtol=1e-5)
    np.testing.assert_allclose(sweep.i_neutral_a, flows.i_neutral_a.reshape(cases), rtol=1e-5)
    np.testing.assert_allclose(sweep.loss_kw, flows.loss_kw.reshape(cases), rtol=1e-4)
    connected = np.where(feeder.customers.connected, np.abs(flows.customer_v), np.inf)
    lowest = connected.min(axis=2).reshape(*cases, -1)
    np.testing.assert_allclose(
        sweep.v_min_v[sweep.status == 0], lowest.min(axis=-1)[sweep.status == 0], rtol=1e-6
    )
    np.testing.assert_allclose(sweep.customer_v_min_v, np.nanmin(lowest, axis=2), rtol=1e-6)


def test_line_loading_is_the_current_downstream(feeder, demand):
    """Highest phase current of each line over its ampacity, added up by hand."""
    sweep = gp.run_sweep(feeder, demand)
    p, q = (
        np.moveaxis(a, 1, 3).reshape(-1, len(feeder.customers)) for a in demand.block(0, N_DRAW)
    )
    v = gp.solve(feeder, p, q).customer_v
    homes = feeder.customers
    s_va = 1e3 * (p + 1j * q)[:, :, None] * homes.p_share
    with np.errstate(invalid="ignore"):  # the case without a solution
        drawn = np.where(homes.connected, np.conj(s_va / np.where(homes.connected, v, 1)), 0)
    total = np.zeros((len(p), len(feeder.nodes), 3), dtype=complex)
    np.add.at(total, (slice(None), homes.node), drawn)
    for line in reversed(range(len(feeder.lines))):
        total[:, feeder.lines.from_node[line]] += total[:, feeder.lines.to_node[line]]
    loading = 100 * np.abs(total[:, feeder.lines.to_node]).max(axis=2) / feeder.lines.ampacity_a
    worst = loading.max(axis=1).reshape(N_SCENARIO, N_DRAW, N_STEP)
    solved = sweep.status == 0
    np.testing.assert_allclose(sweep.line_loading_percent[solved], worst[solved], rtol=1e-5)


def test_peaks_by_phase_are_those_of_the_lines(feeder, demand):
    """Of every line the highest current of each phase, against the tables of single cases."""
    sweep = gp.run_sweep(feeder, demand)
    scenario, draw = 1, 3
    lines = sweep.state([(scenario, draw, step) for step in range(N_STEP)]).line
    checked = 0
    for element, (kind, name) in enumerate(
        zip(sweep.elements.kind, sweep.elements.name, strict=True)
    ):
        found = sweep.element_phase_percent[scenario, draw, element]
        if kind == "neutral":
            assert np.isnan(found).all()
            continue
        highest = sweep.element_max_percent[scenario, draw, element]
        assert found.max() == pytest.approx(highest, rel=1e-5)
        if kind == "line":
            table = lines.xs(name, level="line")[["i_a_ka", "i_b_ka", "i_c_ka"]]
            expected = 1e5 * table.max().to_numpy() / sweep.elements.limit_a[element]
            np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-3)
            checked += 1
    assert checked > 2


def test_a_draw_without_any_solution_has_no_peak(feeder, demand):
    p_kw, _ = demand.block(0, 1)
    cases = np.repeat(p_kw[0, :, 0, :1].T, 2, axis=0)
    cases[1] *= 1000
    sweep = gp.run_sweep(feeder, gp.Demand.from_arrays(cases))
    assert sweep.status[0, :, 0].tolist() == [0, 1]
    peaks = sweep.element_phase_percent[0]
    carried = sweep.elements.kind != "neutral"
    assert np.isfinite(peaks[0][carried]).all()
    assert np.isnan(peaks[1]).all()
