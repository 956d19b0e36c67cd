"""A feeder written down a second time, as OpenDSS text, and solved there.

Nothing here uses gridplan's equations: the transformer is three single-phase units wound as its
vector group says, its no-load branch reactors between phases, a solid grounding node 0, a broken
neutral a wire that ends on a node of its own.
"""

from __future__ import annotations

import cmath
import math
import sys
from dataclasses import dataclass

import numpy as np

import gridplan as gp
from gridplan.network.feeder import Transformer

#: Between which phases the winding under LV phase a stands on the delta side, per clock number;
#: for a zigzag the limb of its first half and that of its second, which is reversed.
LIMBS = {1: (0, 2), 5: (1, 0), 7: (2, 0), 11: (0, 1)}
#: Node number at which a cut neutral wire ends.
CUT = 9
#: Node number of an isolated HV star.
STAR = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class TwinSolution:
    """What OpenDSS says.

    ``vm_v`` (node, 3) phase to neutral, to earth where a node has none, NaN where it lacks the
    phase; ``vn_v`` (node,) neutral to earth, NaN likewise; ``loss_kw`` of lines and transformer;
    ``i_line_a`` per line the currents of its wires (wire,) at the end near the source [A].
    """

    vm_v: np.ndarray
    vn_v: np.ndarray
    loss_kw: float
    i_line_a: list[np.ndarray]


def solve_twin(feeder: gp.Feeder) -> TwinSolution:
    """Solve the twin with the loads that the feeder carries."""
    from opendssdirect import dss

    engine = dss.NewContext()
    engine.Basic.AllowChangeDir(False)
    for statement in opendss_text(feeder).splitlines():
        engine.Text.Command(statement)
    engine.Solution.Solve()
    assert engine.Solution.Converged()
    flat = np.array(engine.Circuit.AllBusVolts())
    volts = dict(
        zip(map(str.lower, engine.Circuit.AllNodeNames()), flat[::2] + 1j * flat[1::2], strict=True)
    )
    numbers = np.array(
        [
            [volts.get(f"{name.lower()}.{k}", np.nan) for k in (1, 2, 3, 4)]
            for name in feeder.nodes.name
        ]
    )
    neutral = np.nan_to_num(numbers[:, 3])
    lost_w, currents = 0.0, {}
    element = engine.PDElements.First()
    while element:
        name = engine.CktElement.Name().lower()
        if not name.startswith(("reactor.ground", "reactor.shunt")):
            lost_w += engine.CktElement.Losses()[0]
        if name.startswith("line.l"):
            into = 2 * engine.CktElement.NumConductors()
            currents[int(name[6:])] = np.array(engine.CktElement.CurrentsMagAng())[:into:2]
        element = engine.PDElements.Next()
    return TwinSolution(
        vm_v=np.abs(numbers[:, :3] - neutral[:, None]),
        vn_v=np.where(feeder.nodes.wires[:, 3], np.abs(neutral), np.nan),
        loss_kw=lost_w / 1000,
        i_line_a=[currents[row] for row in range(len(feeder.lines))],
    )


def opendss_text(feeder: gp.Feeder) -> str:
    """The feeder as OpenDSS statements, without the command to solve."""
    twin = _Twin(feeder=feeder, explicit=_needs_neutral(feeder))
    levels = sorted({round(v * math.sqrt(3) / 1e3, 6) for v in feeder.nodes.nominal_v.tolist()})
    statements = [
        "clear",
        f"set defaultbasefrequency={feeder.f_hz:g}",
        *twin.source(),
        *(twin.transformer(feeder.transformer) if feeder.transformer else ()),
        *twin.lines(),
        *twin.shunts(),
        *twin.loads(),
        f"set voltagebases=[{' '.join(f'{level:g}' for level in reversed(levels))}]",
        "calcvoltagebases",
        "set mode=snapshot tolerance=1e-12 maxiterations=5000",
    ]
    return "\n".join(statements) + "\n"


def _needs_neutral(feeder: gp.Feeder) -> bool:
    """Whether a folded neutral has to be written out, because it is broken somewhere."""
    return bool(feeder.lines.neutral_open.any()) and not feeder.nodes.wires[:, 3].any()


def _ohm(z: complex) -> str:
    return f"r={z.real!r} x={z.imag!r}"


def _triangle(matrix: np.ndarray) -> str:
    return "(" + "|".join(" ".join(map(repr, row[: k + 1])) for k, row in enumerate(matrix)) + ")"


def _series(name: str, buses: tuple[str, str], z: np.ndarray, more: str = "") -> str:
    return (
        f"new {name} phases={len(z)} bus1={buses[0]} bus2={buses[1]} "
        f"rmatrix={_triangle(z.real.tolist())} xmatrix={_triangle(z.imag.tolist())}{more}"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Twin:
    """Statements part by part; ``explicit`` gives a feeder with folded neutrals a fourth wire."""

    feeder: gp.Feeder
    explicit: bool

    def wire(self, node: int, k: int) -> int:
        """OpenDSS's number of conductor ``k`` at a node, 0 for the earth."""
        feeder = self.feeder
        if k < 3:
            return k + 1
        if self.explicit:
            return 0 if node <= feeder.busbar else 4
        solid = feeder.groundings.node[feeder.groundings.z_ohm == 0]
        return 4 if feeder.nodes.wires[node, 3] and node not in solid else 0

    def at(self, node: int, *wires: int) -> str:
        """A bus with the numbers of some of its conductors, -1 for the earth."""
        numbers = [0 if k < 0 else self.wire(node, k) for k in wires]
        return ".".join([str(self.feeder.nodes.name[node]), *map(str, numbers)])

    def source(self) -> list[str]:
        source = self.feeder.source
        kv = float(self.feeder.nodes.nominal_v[source.node]) * math.sqrt(3) / 1e3
        parts = " ".join(
            f"z{k}=[{z.real!r} {z.imag!r}]"
            for k, z in ((1, source.z1_ohm), (2, source.z2_ohm), (0, source.z0_ohm))
        )
        return [
            f"new circuit.twin bus1={self.at(source.node, 0, 1, 2)} basekv={kv!r} "
            f"pu={source.vm_pu!r} angle={source.va_degree!r} {parts}"
        ]

    def lines(self) -> list[str]:
        """Lines with their full matrices, as if each were one unit of length long."""
        lines, statements = self.feeder.lines, []
        for k, (start, end) in enumerate(zip(lines.from_node, lines.to_node, strict=True)):
            used = np.flatnonzero(lines.wires[k])
            z, y = (part[k][np.ix_(used, used)] for part in (lines.z_ohm, lines.y_s))
            if self.explicit and lines.circuit[k] >= 0:
                z, y, used = _with_neutral(z), np.zeros((4, 4)), np.arange(4)
            into, out = self.at(start, *used), self.at(end, *used)
            if lines.neutral_open[k]:
                out = out.rpartition(".")[0] + f".{CUT}"
            nano = y.imag / (2 * math.pi * self.feeder.f_hz) * 1e9
            more = f" cmatrix={_triangle(nano.tolist())} length=1 units=none"
            statements.append(_series(f"line.l{k}", (into, out), z, more))
        return statements

    def shunts(self) -> list[str]:
        """Groundings, and shunts as single branches between their conductors."""
        feeder, statements = self.feeder, []
        for k, (node, z) in enumerate(
            zip(feeder.groundings.node, feeder.groundings.z_ohm, strict=True)
        ):
            if z:
                ends = f"bus1={self.at(node, 3)} bus2={self.at(node, -1)}"
                statements.append(f"new reactor.ground{k} phases=1 {ends} {_ohm(complex(z))}")
        for k, (node, y) in enumerate(zip(feeder.shunts.node, feeder.shunts.y_s, strict=True)):
            for i in range(4):
                for j in (-1, *range(i)):
                    branch = y[i].sum() if j < 0 else -y[i, j]
                    if abs(branch) > 1e-12:
                        ends = f"bus1={self.at(node, i)} bus2={self.at(node, j)}"
                        statements.append(
                            f"new reactor.shunt{k}_{i}_{j + 1} phases=1 {ends} "
                            f"{_ohm(complex(1 / branch))}"
                        )
        return statements

    def loads(self) -> list[str]:
        """One single-phase load per customer and branch, by its ZIP shares at any voltage."""
        customers, statements = self.feeder.customers, []
        for k, node in enumerate(customers.node.tolist()):
            wiring = str(customers.wiring[k])
            kv = float(self.feeder.nodes.nominal_v[node]) / 1e3
            z, i = float(customers.const_z[k]), float(customers.const_i[k])
            zip_v = f"{z!r} {i!r} {1 - z - i!r}"
            for branch in np.flatnonzero(customers.connected[k]).tolist():
                end = {"wye": 3, "delta": (branch + 1) % 3, "earth": -1}[wiring]
                p = float(customers.p_kw[k] * customers.p_share[k, branch])
                q = float(customers.q_kvar[k] * customers.q_share[k, branch])
                statements.append(
                    f"new load.d{k}_{branch} phases=1 bus1={self.at(node, branch, end)} "
                    f"kv={kv * (math.sqrt(3) if wiring == 'delta' else 1)!r} kw={p!r} kvar={q!r} "
                    f"model=8 zipv=[{zip_v} {zip_v} 0] vminpu=0.002 vlowpu=0.001 vmaxpu=5"
                )
        return statements

    def transformer(self, trafo: Transformer) -> list[str]:
        """Three units up to a bus of their own with the no-load branch, then the other leakage."""
        plate, lv = _Plate.of(trafo), trafo.lv_node
        star = 4 if self.wire(lv, 3) else 0
        build = _delta_units if plate.group[0] == "D" else _star_units
        build = _zigzag_units if "z" in plate.group else build
        units, bank_zero_ohm = build(plate, str(self.feeder.nodes.name[trafo.hv_node]), star)
        far = _balanced(plate.zero_ohm - bank_zero_ohm, plate.far_ohm)
        statements = [f"{unit} %noloadloss=0 %imag=0 ppm_antifloat=0" for unit in units]
        if plate.no_load_s:
            statements += [
                f"new reactor.noload{k} phases=1 bus1=inner.{k + 1} bus2=inner.{(k + 1) % 3 + 1} "
                f"{_ohm(3 / plate.no_load_s)}"
                for k in range(3)
            ]
        if star:
            ends = f"bus1=inner.4 bus2={self.at(lv, 3)}"
            statements.append(f"new reactor.star phases=1 {ends} r=1e-8 x=0")
        return [*statements, _series("reactor.far", ("inner.1.2.3", self.at(lv, 0, 1, 2)), far)]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plate:
    """A nameplate in ohm and siemens on the LV side, kV per phase at the present tap.

    ``near_ohm`` and ``far_ohm`` are the leakage before and behind the no-load branch, ``zero_ohm``
    the zero sequence: of YNyn0 through, with ``core_ohm`` behind its HV part; else seen from LV.
    """

    group: str
    clock: int
    hv_kv: float
    lv_kv: float
    kva: float
    near_ohm: complex
    far_ohm: complex
    no_load_s: complex
    zero_ohm: complex
    core_ohm: complex

    @classmethod
    def of(cls, trafo: Transformer) -> _Plate:
        assert trafo.parallel == 1
        tap = 1 + (trafo.tap_pos - trafo.tap_neutral) * trafo.tap_step_percent / 100
        hv_kv = trafo.vn_hv_kv * (tap if trafo.tap_side == "hv" else 1)
        lv_kv = trafo.vn_lv_kv * (tap if trafo.tap_side == "lv" else 1)
        base_ohm = 1e3 * lv_kv**2 / trafo.sn_kva

        def ohm(vk_percent: float, vkr_percent: float) -> complex:
            whole = complex(vkr_percent, math.sqrt(vk_percent**2 - vkr_percent**2))
            return whole / 100 * base_ohm

        leakage = ohm(trafo.vk_percent, trafo.vkr_percent)
        near = complex(
            leakage.real * trafo.leakage_resistance_ratio_hv,
            leakage.imag * trafo.leakage_reactance_ratio_hv,
        )
        iron_kva = math.sqrt((trafo.i0_percent / 100 * trafo.sn_kva) ** 2 - trafo.pfe_kw**2)
        zero = ohm(trafo.vk0_percent, trafo.vkr0_percent)
        core = cmath.rect(abs(zero) * trafo.mag0_percent / 100, math.atan2(1, trafo.mag0_rx))
        before = trafo.si0_hv_partial * zero
        if trafo.vector_group.startswith("D"):
            zero = zero - before + before * core / (before + core)
        if trafo.vector_group.startswith("YN"):
            assert abs(before - near) < 1e-12, "the twin has one HV winding for both sequences"
        return cls(
            group=trafo.vector_group,
            clock=round(trafo.shift_degree / 30) % 12,
            hv_kv=hv_kv,
            lv_kv=lv_kv,
            kva=trafo.sn_kva,
            near_ohm=near,
            far_ohm=leakage - near,
            no_load_s=complex(trafo.pfe_kw, -iron_kva) / 1e3 / lv_kv**2,
            zero_ohm=zero,
            core_ohm=core,
        )

    def unit(self, k: int, windings: list[tuple[str, float]], arms_ohm: list[complex]) -> str:
        """One single-phase unit: (bus, kV) per winding, arms of its star referred to the last."""
        percent = [100 * arm * self.kva / 3 / 1e3 / windings[-1][1] ** 2 for arm in arms_ohm]
        reactance = [f"xhl={(percent[0] + percent[1]).imag!r}"]
        if len(percent) == 3:
            reactance.append(f"xht={(percent[0] + percent[2]).imag!r}")
            reactance.append(f"xlt={(percent[1] + percent[2]).imag!r}")
        return (
            f"new transformer.unit{k} phases=1 windings={len(windings)} "
            f"buses=[{' '.join(bus for bus, _ in windings)}] "
            f"kvs=[{' '.join(repr(kv) for _, kv in windings)}] "
            f"kvas=[{' '.join([repr(self.kva / 3)] * len(windings))}] "
            f"%rs=[{' '.join(repr(part.real) for part in percent)}] {' '.join(reactance)}"
        )


def _delta_units(plate: _Plate, hv: str, star: int) -> tuple[list[str], complex]:
    """Dyn: delta windings under the LV phases; they short-circuit the zero sequence."""
    units = []
    for k in range(3):
        start, end = ((k + shift) % 3 + 1 for shift in LIMBS[plate.clock])
        windings = [
            (f"{hv}.{start}.{end}", plate.hv_kv),
            (f"inner.{k + 1}.{star}", plate.lv_kv / math.sqrt(3)),
        ]
        units.append(plate.unit(k, windings, [plate.near_ohm, 0j]))
    return units, plate.near_ohm


def _star_units(plate: _Plate, hv: str, star: int) -> tuple[list[str], complex]:
    """Yyn0 and YNyn0: star windings, and the tank or core as a winding in delta.

    One corner of that delta is earthed, which carries no current. The HV star of Yyn0 is isolated,
    so that the tank alone decides.
    """
    through = plate.group.startswith("YN")
    tank = plate.core_ohm if through else plate.zero_ohm - plate.far_ohm
    corners = ("1.2", "2.0", "0.1")
    units = []
    for k in range(3):
        phase_kv = plate.lv_kv / math.sqrt(3)
        windings = [
            (f"{hv}.{k + 1}.{0 if through else STAR}", plate.hv_kv / math.sqrt(3)),
            (f"inner.{k + 1}.{star}", phase_kv),
            (f"tank.{corners[k]}", phase_kv),
        ]
        units.append(plate.unit(k, windings, [plate.near_ohm, 0j, tank]))
    return units, plate.near_ohm if through else tank


def _zigzag_units(plate: _Plate, hv: str, star: int) -> tuple[list[str], complex]:
    """Yzn: three limbs with one HV and two LV half windings, the second reversed on the next limb.

    The leakage between the halves, a quarter of the unit's here, is the zero sequence's.
    """
    half_kv = plate.lv_kv / 3
    first, second = LIMBS[plate.clock]
    units = []
    for limb in range(3):
        out = (limb - first) % 3 + 1
        back = (limb - second) % 3 + 1
        windings = [
            (f"{hv}.{limb + 1}.0", plate.hv_kv / math.sqrt(3)),
            (f"inner.{out}.{4 + out}", half_kv),
            (f"inner.{star}.{4 + back}", half_kv),
        ]
        near = plate.near_ohm
        units.append(plate.unit(limb, windings, [near / 4, near / 8, near / 8]))
    return units, plate.near_ohm / 4


def _balanced(zero: complex, positive: complex) -> np.ndarray:
    """Phase matrix (3, 3) of a symmetric element from its sequences."""
    return positive * np.eye(3) + (zero - positive) / 3 * np.ones((3, 3))


def _with_neutral(z: np.ndarray) -> np.ndarray:
    """A folded line (3, 3) with its neutral written out (4, 4): three wires and their return."""
    mutual = z[0, 1]
    assert np.allclose(z, (z[0, 0] - mutual) * np.eye(3) + mutual, rtol=1e-12)
    return np.diag([z[0, 0] - mutual] * 3 + [mutual])


if __name__ == "__main__":  # python -m tests.validation.twin FOLDER > FOLDER/circuit.dss
    sys.stdout.write(opendss_text(gp.read_feeder(sys.argv[1])))
