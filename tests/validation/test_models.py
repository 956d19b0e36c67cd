"""Every model against OpenDSS or power-grid-model on networks made here, both sides exact.

A village is written as a pandapower net with gridplan's own tables, read, solved, and compared
with its twin (``twin.py``): all voltages, neutral to earth included, losses, line currents.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pandapower as pp
import pandas as pd
import pytest

import gridplan as gp
from tests.validation.pgm_peer import as_pi_circuit, solve_by_power_grid_model
from tests.validation.twin import TwinSolution, solve_twin

#: Overhead lines of four wires, not transposed, the neutral thinner [ohm/km, nF/km].
R_OHM = np.diag([0.87, 0.87, 0.87, 1.28]) + 0.05
X_OHM = np.array(
    [[0.78, 0.47, 0.43, 0.41], [0.47, 0.78, 0.48, 0.44], [0.43, 0.48, 0.78, 0.49],
     [0.41, 0.44, 0.49, 0.81]]
)  # fmt: skip
C_NF = np.array(
    [[9.1, -2.0, -1.1, -0.8], [-2.0, 9.6, -2.1, -1.2], [-1.1, -2.1, 9.7, -2.3],
     [-0.8, -1.2, -2.3, 8.8]]
)  # fmt: skip
#: The folded neutral of the same section: r0 = r + 3 rn.
FOLDED = {
    "r_ohm_per_km": 0.87, "x_ohm_per_km": 0.34, "r0_ohm_per_km": 3.5, "x0_ohm_per_km": 1.4,
    "max_i_ka": 0.17,
}  # fmt: skip
PQ = (("p", "mw"), ("q", "mvar"))
ZIP = {"const_z_percent": 30.0, "const_i_percent": 20.0}
IMPEDANCE = {"const_z_percent": 100.0}
HALF_IMPEDANCE = {"const_z_percent": 50.0, "const_i_percent": 20.0}
GROUPS: dict[str, dict[str, Any]] = {
    "Dyn1": {"shift_degree": 30.0},
    "Dyn5": {"shift_degree": 150.0},
    "Dyn11": {"shift_degree": 330.0},
    "Yyn0": {"shift_degree": 0.0, "vk0_percent": 45.0, "vkr0_percent": 14.0},
    "YNyn0": {"shift_degree": 0.0, "vk0_percent": 5.0, "vkr0_percent": 1.875},
    "Yzn5": {"shift_degree": 150.0, "vk0_percent": 1.6, "vkr0_percent": 0.9},
    "Yzn11": {"shift_degree": 330.0, "vk0_percent": 1.6, "vkr0_percent": 0.9},
}


class Village:
    """Tables of a network file on the way: an LV busbar behind a transformer, then what is added.

    ``wires`` 4: the neutral is explicit; 3: it is folded into the zero sequence. Without a
    ``group`` there is no transformer.
    """

    def __init__(self, group: str | None = "Dyn11", *, wires: int = 4, ground_ohm: float = 0.0):
        self.tables: dict[str, list[dict[str, Any]]] = {}
        self.wires = wires
        self.bus: dict[str, int] = {}
        if group is not None:
            self.node("MV", 10.0)
        self.node("LV")
        if group is not None:
            self.transformer(group)
        behind = (0.6, 2.1, 0.9, 3.3) if group else (0.02, 0.05, 0.03, 0.07)
        ohm = dict(zip(("r1_ohm", "x1_ohm", "r0_ohm", "x0_ohm"), behind, strict=True))
        self.add("ext_grid", bus=0, vm_pu=1.03, va_degree=4.0, **ohm)
        if wires == 4:
            self.grounding("LV", ground_ohm)

    def add(self, table: str, **row: Any) -> int:
        """Add a row to a table of the file; returns its number."""
        rows = self.tables.setdefault(table, [])
        rows.append({"in_service": True, **row})
        return len(rows) - 1

    def node(self, name: str, kv: float = 0.4) -> None:
        """Add a bus."""
        self.bus[name] = self.add("bus", name=name, vn_kv=kv)

    def transformer(self, group: str) -> None:
        """Off its nominal tap, with a no-load branch inside the leakage."""
        plate = {
            "sn_mva": 0.1, "vn_hv_kv": 10.5, "vn_lv_kv": 0.4, "vk_percent": 4.0,
            "vkr_percent": 1.5, "pfe_kw": 0.2, "i0_percent": 1.1, "vk0_percent": 3.8,
            "vkr0_percent": 1.5, "mag0_percent": 300.0, "mag0_rx": 0.4, "si0_hv_partial": 0.32,
            "tap_side": "hv", "tap_neutral": 0, "tap_min": -2, "tap_max": 2,
            "tap_step_percent": 2.5, "tap_pos": -1, "tap_changer_type": "Ratio", "name": "T1",
            "leakage_resistance_ratio_hv": 0.4, "leakage_reactance_ratio_hv": 0.4,
        }  # fmt: skip
        plate |= {"vector_group": group.rstrip("0123456789"), **GROUPS[group]}
        self.add("trafo", hv_bus=self.bus["MV"], lv_bus=self.bus["LV"], **plate)

    def line(
        self, start: str, end: str, m: float, *, used: str = "abcn", c_nf: float = 0.0
    ) -> None:
        """Add a line ``m`` long with some of the wires; ``c_nf`` scales its capacitance."""
        if end not in self.bus:
            self.node(end)
        row = self.add(
            "line", name=f"{start}-{end}", from_bus=self.bus[start], to_bus=self.bus[end],
            length_km=m / 1e3, **FOLDED, c_nf_per_km=9.0 * c_nf, c0_nf_per_km=5.0 * c_nf,
        )  # fmt: skip
        if self.wires == 3:
            return
        kept = ["abcn".index(letter) for letter in used]
        for i in kept:
            for j in kept[: kept.index(i) + 1]:
                self.add(
                    "line_matrix", line=row, i="abcn"[i], j="abcn"[j], r_ohm_per_km=R_OHM[i, j],
                    x_ohm_per_km=X_OHM[i, j], c_nf_per_km=c_nf * C_NF[i, j],
                )  # fmt: skip

    def grounding(self, at: str, r_ohm: float, x_ohm: float = 0.0) -> None:
        """Join the neutral to the earth."""
        self.add("grounding", bus=self.bus[at], r_ohm=r_ohm, x_ohm=x_ohm)

    def home(self, at: str, kw: dict[str, tuple[float, float]], **columns: Any) -> None:
        """A customer with (kW, kvar) per phase letter, in delta per branch a: ab, b: bc, c: ca."""
        powers = {f"{x}_{phase}_{unit}": 0.0 for x, unit in PQ for phase in "abc"}
        for phase, values in kw.items():
            for (x, unit), value in zip(PQ, values, strict=True):
                powers[f"{x}_{phase}_{unit}"] = value / 1e3
        number = len(self.tables.get("asymmetric_load", []))
        self.add("asymmetric_load", bus=self.bus[at], customer_id=f"H{number}", **powers, **columns)

    def feeder(self) -> gp.Feeder:
        """As gridplan reads it."""
        tables = {table: pd.DataFrame(rows) for table, rows in self.tables.items()}
        return gp.Feeder.from_pandapower(pp.pandapowerNet(tables), "village")


def street(group: str | None = "Dyn11", **more: Any) -> Village:
    """Five poles in a row and a side street, homes on every phase."""
    c_nf = more.pop("c_nf", 0.0)
    load = more.pop("load", {})
    village = Village(group, **more)
    for start, end, m in (
        ("LV", "P1", 60), ("P1", "P2", 50), ("P2", "P3", 70), ("P3", "P4", 40), ("P2", "Q1", 45),
    ):  # fmt: skip
        village.line(start, end, m, c_nf=c_nf)
    for at, kw in (
        ("P1", {"a": (2.5, 0.8)}), ("P2", {"b": (3.5, 0.6)}), ("P3", {"a": (4.0, 1.0)}),
        ("P4", {"c": (2.0, 0.3)}), ("P4", {"b": (0.5, 0.1)}), ("Q1", {"c": (1.5, -0.4)}),
        ("P3", {"a": (1.2, 0.3), "b": (2.0, 1.1), "c": (3.1, 0.2)}),
    ):  # fmt: skip
        village.home(at, kw, **load)
    return village


def check(feeder: gp.Feeder, *, atol_pu: float = 1e-8) -> TwinSolution:
    """Solve both; voltages, losses and line currents agree, Kirchhoff's laws hold."""
    result = gp.solve(feeder, tolerance_pu=1e-12)
    twin = solve_twin(feeder)
    assert result.converged.all()
    assert result.residual_pu.max() < 1e-6
    nominal_v = feeder.nodes.nominal_v
    np.testing.assert_allclose(
        result.vm_v[0] / nominal_v[:, None], twin.vm_v / nominal_v[:, None], rtol=0, atol=atol_pu
    )
    np.testing.assert_allclose(
        result.vn_v[0] / nominal_v, twin.vn_v / nominal_v, rtol=0, atol=atol_pu
    )
    assert result.loss_kw[0] == pytest.approx(twin.loss_kw, rel=1e-6)
    state = result.state()
    lost_mw = state.line["pl_mw"].sum() + state.trafo.get("pl_mw", pd.Series(dtype=float)).sum()
    assert result.loss_kw[0] / 1e3 == pytest.approx(lost_mw, rel=1e-6)
    for row, current in enumerate(twin.i_line_a):
        used = np.flatnonzero(feeder.lines.wires[row])
        if len(current) > len(used):  # the folded neutral, written out
            used = np.arange(4)
        ours = 1e3 * state.line.iloc[row][[f"i_{'abcn'[k]}_ka" for k in used]]
        np.testing.assert_allclose(ours, current, rtol=0, atol=1e-4)
    return twin


def with_delta(village: Village) -> Village:
    """Phase-to-phase customers, single and unbalanced, off the nominal voltage."""
    village.home("P2", {"a": (3.0, 1.0)}, type="delta")
    village.home("P4", {"c": (2.0, -0.5)}, type="delta")
    village.home("Q1", {"a": (2.0, 0.6), "b": (0.7, 0.1), "c": (1.1, 0.9)}, type="delta", **ZIP)
    return village


def with_zip(village: Village) -> Village:
    """30 % impedance, 20 % current, 50 % power; one customer of each pure kind beside them."""
    for row in village.tables["asymmetric_load"]:
        row.update(ZIP)
    village.home("P4", {"a": (2.0, 0.4)}, const_z_percent=100.0, const_i_percent=0.0)
    village.home("P4", {"b": (2.0, 0.4)}, const_z_percent=0.0, const_i_percent=100.0)
    village.home("P3", {"c": (2.0, 0.4)}, const_z_percent=0.0, const_i_percent=0.0)
    return village


def with_roofs(village: Village) -> Village:
    """Generation on one phase, unbalanced on three, and balanced; a pump beside it."""
    none = dict.fromkeys(("p_a_mw", "p_b_mw", "p_c_mw"), 0.0)
    bus, add = village.bus, village.add
    add("asymmetric_sgen", bus=bus["P4"], **{**none, "p_a_mw": 0.009}, q_a_mvar=-0.001)
    add("asymmetric_sgen", bus=bus["Q1"], p_a_mw=0.002, p_b_mw=0.005, p_c_mw=0.001, q_a_mvar=0.0)
    add("sgen", bus=bus["P3"], p_mw=0.012)
    add("load", bus=bus["P2"], p_mw=0.006, q_mvar=0.003)
    return village


def with_groundings(village: Village) -> Village:
    """The neutral grounded along the line, once solidly."""
    village.grounding("P1", 4.0, 0.3)
    village.grounding("P3", 10.0)
    village.grounding("Q1", 0.0)
    village.grounding("P4", 2.5, 0.1)
    return village


def with_loop(village: Village) -> Village:
    """A ring that is closed, and two parallel lines."""
    village.line("Q1", "P4", 80)
    village.line("P2", "P3", 55)
    return village


def with_earth_loads(village: Village) -> Village:
    """Customers between phase and earth beside the neutral; drops of two and three wires."""
    village.home("P4", {"a": (1.5, 0.2)}, type="earth")
    village.line("P3", "S1", 20, used="bn")
    village.line("P1", "S2", 25, used="acn")
    village.home("S1", {"b": (3.0, 0.5)})
    village.home("S2", {"c": (1.0, 0.2)})
    village.home("S2", {"c": (2.0, 0.2)}, type="delta")
    return village


def with_capacitors(village: Village) -> Village:
    """A capacitor bank between phases and neutral, and a lossy branch between phases."""
    for at, name, pairs, g_us, b_us in (
        ("P3", "bank", ("an", "bn", "cn"), 0.0, 30e3), ("Q1", "pair", ("ab",), 50.0, 8e3),
    ):  # fmt: skip
        share = {"bus": village.bus[at], "name": name}
        for one, other in pairs:
            village.add("node_shunt", **share, i=one, j=other, g_us=-g_us, b_us=-b_us)
        for wire in "abcn":
            n = sum(wire in pair for pair in pairs)
            village.add("node_shunt", **share, i=wire, j=wire, g_us=n * g_us, b_us=n * b_us)
    return village


FEATURES: dict[str, Callable[[], Village]] = {
    "four-wires": lambda: street(ground_ohm=4.0),
    "three-wires": lambda: street(wires=3),
    "delta": lambda: with_delta(street()),
    "delta-three-wires": lambda: with_delta(street(wires=3)),
    "zip": lambda: with_zip(street()),
    "zip-three-wires": lambda: with_zip(street("Yyn0", wires=3)),
    "roofs": lambda: with_roofs(street()),
    "capacitance": lambda: street(c_nf=40.0),
    "capacitance-three-wires": lambda: street(c_nf=40.0, wires=3),
    "groundings": lambda: with_groundings(street(ground_ohm=1.5)),
    "loop": lambda: with_loop(street()),
    "loop-three-wires": lambda: with_loop(street("Yzn5", wires=3)),
    "earth-and-service-drops": lambda: with_earth_loads(street(ground_ohm=4.0)),
    "capacitors": lambda: with_capacitors(street(ground_ohm=4.0)),
    "no-transformer": lambda: with_loop(with_groundings(street(None))),
}


@pytest.mark.parametrize("name", FEATURES)
def test_feature(name: str) -> None:
    check(FEATURES[name]().feeder())


def everything(group: str) -> Village:
    village = with_roofs(with_delta(with_zip(street(group, ground_ohm=3.0, c_nf=20.0))))
    return with_earth_loads(with_loop(with_groundings(village)))


@pytest.mark.parametrize("group", GROUPS)
def test_everything_at_once_behind_every_vector_group(group: str) -> None:
    village = everything(group)
    check(village.feeder())


def lopsided(behind: dict[str, float], *, share: float = 0.1, **more: Any) -> Village:
    """A street whose phase a has little (``share``) behind P2; ``behind`` is the model there."""
    village = street(**more)
    near = village.bus["P1"], village.bus["P2"]
    for row in village.tables["asymmetric_load"]:
        if row["bus"] not in near:
            row.update({name: share * row[name] for name in ("p_a_mw", "q_a_mvar")})
        if row["bus"] != near[0]:
            row.update(behind)
    return village


def lopsided_with_power() -> Village:
    """Constant power and constant current among impedances behind the cut."""
    village = lopsided(IMPEDANCE)
    village.home("P3", {"a": (0.3, 0.1)})
    village.home("P4", {"b": (1.5, 0.1)}, const_i_percent=100.0)
    village.home("Q1", {"a": (1.0, 0.1), "b": (2.0, 0.5)}, type="delta")
    return village


#: The village, the line whose neutral is cut, the least that its worst home sees [V].
BROKEN: dict[str, tuple[Callable[[], Village], str, float]] = {
    "folded-impedance": (lambda: lopsided(IMPEDANCE, wires=3), "P1-P2", 350.0),
    "folded-zip": (lambda: lopsided(HALF_IMPEDANCE, share=0.3, wires=3), "P1-P2", 330.0),
    "folded-half-power": (lambda: lopsided(ZIP, share=1.0, wires=3), "P1-P2", 275.0),
    "folded-yyn0": (lambda: lopsided(IMPEDANCE, group="Yyn0", wires=3), "P1-P2", 350.0),
    "folded-further-out": (lambda: lopsided(IMPEDANCE, wires=3), "P2-P3", 330.0),
    "impedance": (lambda: lopsided(IMPEDANCE), "P1-P2", 350.0),
    "zip": (lambda: lopsided(HALF_IMPEDANCE, share=0.3), "P1-P2", 330.0),
    "half-power": (lambda: lopsided(ZIP, share=1.0), "P1-P2", 275.0),
    "yyn0": (lambda: lopsided(HALF_IMPEDANCE, share=0.3, group="Yyn0"), "P1-P2", 330.0),
    "power-among-impedances": (lopsided_with_power, "P1-P2", 320.0),
    "at-the-busbar": (lambda: lopsided(IMPEDANCE, load=IMPEDANCE), "LV-P1", 253.0),
    "delta": (lambda: with_delta(lopsided(IMPEDANCE)), "P1-P2", 350.0),
    "grounded-behind": (lambda: with_groundings(lopsided({}, ground_ohm=4.0)), "P2-P3", 230.0),
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_neutral(name: str) -> None:
    build, line, least_v = BROKEN[name]
    broken = build().feeder().with_open_neutral(line)
    twin = check(broken)
    assert np.nanmax(twin.vm_v[broken.nodes.nominal_v < 1e3]) > least_v


def test_broken_neutral_close_to_the_nose() -> None:
    """Half constant power behind the cut: a case that steps of 0.3 pu overshoot."""
    broken = lopsided(ZIP, share=1.0).feeder().with_open_neutral("P1-P2")
    scale, homes = np.array([0.71, 0.72, 0.67, 0.62, 0.73, 1.02, 0.64]), broken.customers
    closer = replace(homes, p_kw=scale * homes.p_kw, q_kvar=scale * homes.q_kvar)
    check(replace(broken, customers=closer))


@pytest.mark.parametrize("wires", [3, 4])
def test_constant_power_alone_behind_a_cut_neutral_is_not_held(wires: int) -> None:
    """A star of constant powers with a floating centre has no stable solution.

    Its equations have two, both on the low-voltage side; OpenDSS arrives at none either.
    """
    feeder = street(wires=wires).feeder()
    assert gp.solve(feeder).converged.all()
    broken = gp.solve(feeder.with_open_neutral("P1-P2"))
    assert not broken.converged.any()
    assert np.isnan(broken.vm_v).all()


@pytest.mark.parametrize("group", ["Dyn1", "Dyn5", "Dyn11"])
def test_dyn_as_power_grid_model_has_it(group: str) -> None:
    village = street(group, wires=3, c_nf=40.0)
    # power-grid-model has one ratio of zero to positive sequence
    village.tables["ext_grid"][0] |= {"r0_ohm": 0.9, "x0_ohm": 3.15}
    given = village.feeder()
    feeder = replace(given, transformer=as_pi_circuit(given.transformer))
    result = gp.solve(feeder, tolerance_pu=1e-12)
    vm_v = solve_by_power_grid_model(given)
    assert result.residual_pu.max() < 1e-6
    np.testing.assert_allclose(
        result.vm_pu[0], vm_v / feeder.nodes.nominal_v[:, None], rtol=0, atol=1e-8
    )


def village_with(
    homes: dict[str, dict[str, tuple[float, float]]], wires: int, **columns: str
) -> Village:
    """The street with other homes: power by phase letter at each pole."""
    village = street(wires=wires)
    del village.tables["asymmetric_load"]
    for at, kw in homes.items():
        village.home(at, kw, **columns)
    return village


@pytest.mark.parametrize("wires", [3, 4])
@pytest.mark.parametrize("kw", [0.01, 3.0])
def test_one_constant_power_behind_a_cut_neutral_has_no_way_back(wires: int, kw: float) -> None:
    feeder = village_with({"P4": {"c": (kw, 0.1)}}, wires).feeder()
    assert gp.solve(feeder).converged.all()
    broken = gp.solve(feeder.with_open_neutral("P3-P4"))
    assert not broken.converged.any()
    assert np.isnan(broken.vm_v).all()


@pytest.mark.parametrize("wires", [3, 4])
def test_many_cases_of_a_load_without_a_way_back_have_no_solution(wires: int) -> None:
    """So many that the iteration takes a tangent at a typical case, which has no voltage here."""
    feeder = village_with({"P4": {"c": (1.0, 0.1)}}, wires).feeder().with_open_neutral("P3-P4")
    result = gp.solve(feeder, np.linspace(0.5, 2.0, 40)[:, None])
    assert not result.converged.any()
    assert np.isnan(result.vm_v).all()


@pytest.mark.parametrize("wires", [3, 4])
@pytest.mark.parametrize("line", ["P3-P4", "P2-Q1", "P2-P3"])
def test_a_cut_neutral_with_nobody_behind_it_changes_nothing_before_it(
    wires: int, line: str
) -> None:
    homes = {"P1": {"a": (2.5, 0.8)}, "P2": {"b": (3.5, 0.6)}}
    feeder = village_with(homes, wires).feeder()
    whole, broken = gp.solve(feeder), gp.solve(feeder.with_open_neutral(line))
    assert broken.residual_pu.max() < 1e-6
    behind = {"P3-P4": ["P4"], "P2-Q1": ["Q1"], "P2-P3": ["P3", "P4"]}[line]
    at = np.isin(feeder.nodes.name, behind)
    np.testing.assert_allclose(broken.vm_v[0, ~at], whole.vm_v[0, ~at], rtol=1e-9)
    # what hangs free is shown as if it were at the earth's potential
    assert (np.abs(broken.vm_v[0, at] - 240) < 12).all()


def test_loads_between_phases_do_not_ask_for_a_neutral() -> None:
    feeder = village_with({"P4": {"a": (3.0, 0.5), "b": (1.0, 0.1)}}, 4, type="delta").feeder()
    whole, broken = gp.solve(feeder), gp.solve(feeder.with_open_neutral("P3-P4"))
    assert broken.residual_pu.max() < 1e-6
    before = feeder.nodes.name != "P4"
    np.testing.assert_allclose(broken.vm_v[0, before], whole.vm_v[0, before], rtol=1e-9)
    assert broken.loss_kw[0] == pytest.approx(whole.loss_kw[0], rel=1e-6)
