"""Five laws of power flow, over random villages of every kind.

Each law runs on a few villages every time, and on a thousand with ``pytest -m slow``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from unittest import mock

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

import gridplan as gp
from gridplan.network.customers import PERMUTATIONS, PhaseMove
from gridplan.powerflow import chord, clusters, solver
from gridplan.powerflow.ports import build_ports
from tests import villages

QUICK, THOROUGH = 30, 1000
PROFILES = [QUICK, pytest.param(THOROUGH, marks=pytest.mark.slow)]
every_profile = pytest.mark.parametrize("n_example", PROFILES)

WIRINGS = [("wye",), ("delta",), ("wye", "delta", "earth")]
seeds = st.integers(0, 1_000_000)
TURN = np.exp(2j * np.pi / 3)


def kinds(**fixed: object) -> st.SearchStrategy[villages.Kind]:
    """Villages of every kind, but for what is fixed."""
    free = {
        "vector_group": st.sampled_from(villages.VECTOR_GROUPS),
        "n_wire": st.sampled_from([3, 4]),
        "symmetric": st.booleans(),
        "meshed": st.booleans(),
        "wirings": st.sampled_from(WIRINGS),
        "zip_loads": st.booleans(),
        "charging": st.booleans(),
    }
    return st.builds(villages.Kind, **{**free, **{k: st.just(v) for k, v in fixed.items()}})


def hold(law: Callable[..., None], n_example: int, *strategies: st.SearchStrategy) -> None:
    """Hold a law to examples, the same ones in every run."""
    profile = settings(
        max_examples=n_example,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],  # a seed has nothing to shrink to
    )
    profile(given(*strategies)(law))()


# -- relabelling ---------------------------------------------------------------------------------


def relabelled(feeder: gp.Feeder, permutation: tuple[int, int, int]) -> gp.Feeder:
    """The same village with other letters on its phases: phase ``f`` is ``permutation[f]`` now.

    Odd permutations turn the source backwards. Conjugate, that is a source that turns as before,
    and all impedances, reactive powers and shifts conjugate.
    """
    moves = [PhaseMove(unit=str(u), permutation=permutation) for u in feeder.customers.unit_names]
    lines = feeder.lines
    old = np.argsort([*permutation, 3])[: lines.z_ohm.shape[1]]
    z_ohm, y_s = (part[:, old][:, :, old] for part in (lines.z_ohm, lines.y_s))
    trafo, grounds = feeder.transformer, feeder.groundings
    if is_odd(permutation):
        z_ohm, y_s = z_ohm.conj(), y_s.conj()
        trafo = replace(trafo, shift_degree=-trafo.shift_degree)
        grounds = replace(grounds, z_ohm=grounds.z_ohm.conj())
    return replace(
        feeder.with_phases(moves),
        lines=replace(lines, z_ohm=z_ohm, y_s=y_s),
        transformer=trafo,
        groundings=grounds,
    )


def is_odd(permutation: tuple[int, int, int]) -> bool:
    return permutation in PERMUTATIONS[3:]


@every_profile
def test_other_letters_on_the_phases_permute_the_results(n_example):
    def law(seed: int, kind: villages.Kind, permutation: tuple[int, int, int]) -> None:
        feeder = villages.any_village(seed, kind)
        if is_odd(permutation):  # a transformer of resistances is its own conjugate
            plate = {"vkr_percent": 4.0, "vkr0_percent": feeder.transformer.vk0_percent}
            feeder = replace(feeder, transformer=replace(feeder.transformer, **plate))
        p_kw, q_kvar = villages.evenings(seed, 3, len(feeder.customers))
        here = gp.solve(feeder, p_kw, q_kvar, tolerance_pu=1e-12)
        there_q = -q_kvar if is_odd(permutation) else q_kvar
        there = gp.solve(relabelled(feeder, permutation), p_kw, there_q, tolerance_pu=1e-12)
        assert here.converged.all()
        assert there.converged.all()
        mv, lv = here.vm_pu[:, :1], here.vm_pu[:, 1:]
        np.testing.assert_allclose(there.vm_pu[:, 1:][:, :, permutation], lv, rtol=0, atol=1e-10)
        np.testing.assert_allclose(there.vm_pu[:, :1], mv, rtol=1e-12)
        np.testing.assert_allclose(there.vn_v, here.vn_v, rtol=0, atol=1e-7)
        np.testing.assert_allclose(
            there.i_transformer_a[:, permutation], here.i_transformer_a, rtol=1e-8, atol=1e-6
        )
        np.testing.assert_allclose(there.i_neutral_a, here.i_neutral_a, rtol=1e-8, atol=1e-6)
        np.testing.assert_allclose(there.loss_kw, here.loss_kw, rtol=1e-8, atol=1e-9)

    hold(law, n_example, seeds, kinds(), st.sampled_from(PERMUTATIONS))


# -- balance -------------------------------------------------------------------------------------


@every_profile
def test_balanced_load_on_symmetric_lines_leaves_neutral_and_negative_sequence_empty(n_example):
    def law(seed: int, kind: villages.Kind) -> None:
        feeder = villages.any_village(seed, kind, balanced=True)
        p_kw, q_kvar = villages.evenings(seed, 3, len(feeder.customers))
        result = gp.solve(feeder, 2 * p_kw, 2 * q_kvar, tolerance_pu=1e-12)
        assert result.converged.all()
        state = result.state()
        assert np.abs(state.bus["unbalance_percent"]).max() < 1e-8
        assert np.ptp(result.vm_pu, axis=2).max() < 1e-10
        assert np.nan_to_num(result.vn_v).max() < 1e-7
        assert result.i_neutral_a.max() < 1e-6
        assert state.line["i_n_ka"].max() < 1e-9

    hold(law, n_example, seeds, kinds(symmetric=True))


# -- no load -------------------------------------------------------------------------------------


@every_profile
def test_without_load_the_voltages_are_those_of_the_no_load_branch(n_example):
    """The source's, by turns ratio and shift, less the drop of the no-load current."""

    def law(seed: int, kind: villages.Kind, idle_percent: float, tap_pos: int) -> None:
        village = villages.any_village(seed, kind)
        plate = replace(
            village.transformer, pfe_kw=0.25 * idle_percent, i0_percent=idle_percent,
            tap_pos=tap_pos, tap_step_percent=2.5,
        )  # fmt: skip
        feeder = replace(village, transformer=plate)
        zero = np.zeros((2, len(feeder.customers)))
        result = gp.solve(feeder, zero, zero)
        assert result.converged.all()
        leak = villages.transformer_ohm(plate)[1] / 1.6
        idle_pu = np.conj(complex(plate.pfe_kw, np.sqrt(idle_percent**2 - plate.pfe_kw**2))) / 100
        behind = feeder.source.vm_pu / (1 + tap_pos * 0.025) / (1 + leak / 2 * idle_pu)
        bus = result.state([0]).bus.iloc[1:]
        for number, phase in enumerate("abc"):
            np.testing.assert_allclose(bus[f"vm_{phase}_pu"], abs(behind), rtol=1e-10)
            angle = np.angle(behind, deg=True) - plate.shift_degree - 120 * number
            off = (bus[f"va_{phase}_degree"] - angle + 180) % 360 - 180
            assert np.abs(off).max() < 1e-8
        assert np.nan_to_num(result.vn_v).max() < 1e-7
        assert result.i_neutral_a.max() < 1e-6
        at_core = abs(behind) ** 2
        assert result.loss_kw[0] == pytest.approx(
            at_core * plate.pfe_kw + 100 * (leak / 2).real * at_core * abs(idle_pu) ** 2, abs=1e-8
        )
        homes = feeder.customers
        nominal_v = villages.PHASE_V * np.where(homes.wiring == "delta", np.sqrt(3), 1)
        found = np.abs(result.customer_v[0])[homes.connected]
        expected = np.repeat(nominal_v * abs(behind), homes.connected.sum(axis=1))
        np.testing.assert_allclose(found, expected, rtol=1e-9)

    idle = st.sampled_from([0.0, 0.3, 1.6, 4.0])
    hold(law, n_example, seeds, kinds(charging=False), idle, st.integers(-2, 2))


# -- energy --------------------------------------------------------------------------------------


def sequences(phases: np.ndarray) -> np.ndarray:
    """Zero, positive and negative sequence of (case, 3)."""
    return phases @ np.array([[1, 1, 1], [1, TURN, TURN**2], [1, TURN**2, TURN]]).T / 3


def lost_in_lines_va(feeder: gp.Feeder, v: np.ndarray) -> np.ndarray:
    """Complex power (case,) that lines take from voltages (case, node, wire) [VA]."""
    lines, n_wire = feeder.lines, feeder.lines.z_ohm.shape[1]
    near, far = (v[:, node, :n_wire] for node in (lines.from_node, lines.to_node))
    along = np.linalg.solve(lines.z_ohm, (near - far)[..., None])[..., 0]
    lost = ((near - far) * np.conj(along)).sum(axis=(1, 2))
    for end in (near, far):
        charging = np.einsum("lij,clj->cli", lines.y_s / 2, end)
        lost = lost + (end * np.conj(charging)).sum(axis=(1, 2))
    return lost


def drawn_va(feeder: gp.Feeder, v: np.ndarray, p_kw: np.ndarray, q_kvar: np.ndarray) -> np.ndarray:
    """Complex power (case,) that customers draw at voltages (case, customer, 3) [VA]."""
    homes = feeder.customers
    nominal_v = villages.PHASE_V * np.where(homes.wiring == "delta", np.sqrt(3), 1)
    level = np.where(homes.connected, np.abs(v) / nominal_v[:, None], 0)
    z, i = homes.const_z[:, None], homes.const_i[:, None]
    s_kva = p_kw[..., None] * homes.p_share + 1j * q_kvar[..., None] * homes.q_share
    return 1e3 * (s_kva * (1 - z - i + i * level + z * level**2)).sum(axis=(1, 2))


@every_profile
def test_what_the_source_gives_is_what_is_drawn_and_lost(n_example):
    def law(seed: int, kind: villages.Kind, idle_percent: float) -> None:
        village = villages.any_village(seed, kind)
        plate = replace(village.transformer, pfe_kw=0.25 * idle_percent, i0_percent=idle_percent)
        feeder = replace(village, transformer=plate)
        p_kw, q_kvar = villages.evenings(seed, 3, len(feeder.customers))
        result = gp.solve(feeder, p_kw, q_kvar, tolerance_pu=1e-11)
        assert result.converged.all()
        assert result.residual_pu.max() < 1e-8
        v = terminal_voltages(result)
        v[:, :, 3] = np.nan_to_num(v[:, :, 3])

        # the transformer from its LV side: arms and core of each sequence
        z0_ohm, z1_ohm = villages.transformer_ohm(plate)
        angle = np.deg2rad(-plate.shift_degree)
        emf = feeder.source.vm_pu * villages.PHASE_V * np.array([0, np.exp(1j * angle), 0])
        at_lv = sequences(v[:, 1, :3] - v[:, 1, 3:])
        idle_s = complex(plate.pfe_kw, -np.sqrt(idle_percent**2 - plate.pfe_kw**2)) / 100 / 1.6
        core = (emf + at_lv) / (2 + z1_ohm * idle_s / 2)
        into, out = (emf - core) / (z1_ohm / 2), (core - at_lv) / (z1_ohm / 2)
        into[:, 0], out[:, 0], core[:, 0] = 0, -at_lv[:, 0] / z0_ohm, 0
        given_va = 3 * (emf * np.conj(into)).sum(axis=1)
        arms = 3 * z1_ohm / 2 * (np.abs(into[:, 1:]) ** 2 + np.abs(out[:, 1:]) ** 2).sum(axis=1)
        arms = arms + 3 * z0_ohm * np.abs(out[:, 0]) ** 2
        core_va = 3 * np.conj(idle_s) * (np.abs(core) ** 2).sum(axis=1)

        lost_va = arms + core_va + lost_in_lines_va(feeder, v)
        earth_va = np.zeros(len(v), dtype=complex)
        for node, z_ohm in zip(feeder.groundings.node, feeder.groundings.z_ohm, strict=True):
            earth_va += np.abs(v[:, node, 3]) ** 2 / np.conj(z_ohm) if z_ohm else 0
        drawn = drawn_va(feeder, result.customer_v, p_kw, q_kvar)
        np.testing.assert_allclose(given_va, drawn + lost_va + earth_va, rtol=0, atol=1e-3)
        np.testing.assert_allclose(1e3 * result.loss_kw, lost_va.real, rtol=1e-7, atol=1e-4)
        neutral_a = 3 * np.abs(out[:, 0])
        np.testing.assert_allclose(result.i_neutral_a, neutral_a, rtol=1e-7, atol=1e-5)

    hold(law, n_example, seeds, kinds(), st.sampled_from([0.0, 0.3, 1.6, 4.0]))


def terminal_voltages(result: gp.PowerFlowResult) -> np.ndarray:
    """Voltages (case, node, 4) to earth [V]: what the balance is drawn up from."""
    from gridplan.powerflow.direct import terminal_voltages as voltages

    return voltages(result.work_out.model, result.work_out.flows, slice(None)).copy()


# -- batches -------------------------------------------------------------------------------------


def a_year(seed: int, feeder: gp.Feeder, n_case: int) -> tuple[np.ndarray, np.ndarray]:
    """Demand (case, customer): nights, evenings, peaks, sun, overload, one case beyond the nose."""
    rng = np.random.default_rng([seed, 4])
    p_kw, q_kvar = villages.evenings(seed, n_case, len(feeder.customers))
    level = rng.choice([0.0, 0.05, 0.3, 1.0, 1.5, -1.0, -2.0, 3.0], n_case)
    p_kw, q_kvar = p_kw * level[:, None], q_kvar * level[:, None]
    p_kw[rng.integers(n_case)] = 1e3
    return p_kw, q_kvar


#: Ways through the solver: what to put in place of its own settings.
PLAIN = {"_CHORD_CASES": 10**9, "_SPLIT_CASES": 10**9}
CHORD = {"_CHORD_CASES": 0, "_SPLIT_CASES": 10**9}
CLUSTERS = {"_CHORD_CASES": 0, "_SPLIT_CASES": 0, "_SIZES": (2, 3, 5), "_WORTH": 1e9}
PLAIN_CLUSTERS = {**CLUSTERS, "_CHORD_CASES": 10**9}
BLOCKS = [{}, {"_ELEMENTS": 1}, {"_WIDTH": 7}, {"_ELEMENTS": 100, "_WIDTH": 5}]


class Way:
    """Within it the solver goes one way."""

    def __init__(self, **settings_: object) -> None:
        homes = {"_ELEMENTS": solver, "_WIDTH": solver, "_SIZES": clusters, "_WORTH": clusters}
        self.patches = [
            mock.patch.object(homes.get(name, chord), name, value)
            for name, value in settings_.items()
        ]

    def __enter__(self) -> None:
        for patch in self.patches:
            patch.start()

    def __exit__(self, *_: object) -> None:
        for patch in self.patches:
            patch.stop()


@every_profile
def test_one_by_one_equals_the_batch_in_any_order_and_block_size(n_example):
    def law(seed: int, kind: villages.Kind, tolerance: float, block: dict[str, int]) -> None:
        feeder = villages.any_village(seed, kind)
        model, homes = build_ports(feeder), feeder.customers
        n_case = 24
        p_kw, q_kvar = (part.T for part in a_year(seed, feeder, n_case))
        close_pu = 1e-8 if tolerance == solver.TOLERANCE_PU else 1e-10

        def flows(cases: np.ndarray, workers: int = 1) -> solver.Flows:
            return solver.solve_flows(
                model, homes, p_kw[:, cases], q_kvar[:, cases],
                tolerance_pu=tolerance, workers=workers,
            )  # fmt: skip

        usual = flows(np.arange(n_case))
        # a load of impedances has a solution at any demand
        assert kind.zip_loads or not usual.converged.all()
        assert usual.converged.sum() >= n_case / 2

        def agree(part: solver.Flows, cases: np.ndarray) -> None:
            np.testing.assert_array_equal(part.converged, usual.converged[cases])
            off = np.abs(part.v - usual.v[:, cases])[:, part.converged] / part.ports.nominal_v
            assert off.max(initial=0) <= close_pu
            assert np.isnan(part.v[:, ~part.converged]).all()

        for case in range(0, n_case, 6):
            agree(flows(np.array([case])), np.array([case]))
        shuffled = np.random.default_rng([seed, 5]).permutation(n_case)
        for way in (PLAIN, CHORD, CLUSTERS, PLAIN_CLUSTERS):
            with Way(**way, **block):
                agree(flows(shuffled), shuffled)
        with Way(**CHORD, **block):
            agree(flows(shuffled, workers=2), shuffled)

    tolerances = st.sampled_from([solver.TOLERANCE_PU, 1e-12])
    hold(law, n_example, seeds, kinds(), tolerances, st.sampled_from(BLOCKS))
