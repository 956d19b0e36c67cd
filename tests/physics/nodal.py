"""Node equations of a village, and how far along a ray of loads they have a solution.

A second way to what the solver does, which shares no code with it: all nodes are kept, the
transformer is a voltage behind its sequence impedances, and the solution is followed from no load
along its own curve, through the point where it turns back.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gridplan.network.feeder import Feeder
from tests import villages

#: Length of the steps along the curve (voltages in pu), and the shortest.
_STEP, _SHORTEST = 0.08, 1e-7


@dataclass(frozen=True, kw_only=True)
class Nodal:
    """``admittance V = source - branch^T i(branch V)``, voltages V of all terminals to earth.

    Holds for an ideal source and a transformer without a no-load branch.

    Attributes
    ----------
    admittance : complex (terminal, terminal) [S]; source : complex (terminal,) [A]
    branch : float (port, terminal) -- which terminals each branch of a customer stands between
    customer, phase : int (port,)
    nominal_v, const_z, const_i : float (port,)
    """

    admittance: np.ndarray
    source: np.ndarray
    branch: np.ndarray
    customer: np.ndarray
    phase: np.ndarray
    nominal_v: np.ndarray
    const_z: np.ndarray
    const_i: np.ndarray

    @classmethod
    def of(cls, feeder: Feeder) -> Nodal:
        """The node equations behind the transformer."""
        solid = set(feeder.groundings.node[feeder.groundings.z_ohm == 0].tolist())
        names = [
            (node, wire)
            for node in range(1, len(feeder.nodes))
            for wire in range(4)
            if feeder.nodes.wires[node, wire] and not (wire == 3 and node in solid)
        ]
        size = len(names)
        place = {name: number for number, name in enumerate(names)}
        eye = np.vstack([np.eye(size), np.zeros(size)])  # the last row is the earth

        def pick(node: int, wires: range | list[int]) -> np.ndarray:
            """Selects the wires of a node (wire, terminal)."""
            return eye[[place.get((int(node), wire), size) for wire in wires]]

        admittance = np.zeros((size, size), dtype=complex)
        lines = feeder.lines
        wires = range(lines.z_ohm.shape[1])
        for k in range(len(lines)):
            near, far = pick(lines.from_node[k], wires), pick(lines.to_node[k], wires)
            admittance += (near - far).T @ np.linalg.inv(lines.z_ohm[k]) @ (near - far)
            admittance += near.T @ lines.y_s[k] @ near / 2 + far.T @ lines.y_s[k] @ far / 2
        for node, z_ohm in zip(feeder.groundings.node, feeder.groundings.z_ohm, strict=True):
            if z_ohm:
                admittance += pick(node, [3]).T @ pick(node, [3]) / z_ohm
        trafo = feeder.transformer
        star = pick(1, range(3)) - pick(1, [3])
        behind = np.linalg.inv(villages.phase_matrix(*villages.transformer_ohm(trafo)))
        admittance += star.T @ behind @ star
        angle = np.deg2rad(-trafo.shift_degree + np.array([0, -120, 120]))
        source = star.T @ behind @ (feeder.source.vm_pu * villages.PHASE_V * np.exp(1j * angle))

        homes = feeder.customers
        customer, phase = np.nonzero(homes.connected)
        branch = np.zeros((len(customer), size))
        for port, (home, first) in enumerate(zip(customer, phase, strict=True)):
            node, wiring = homes.node[home], homes.wiring[home]
            branch[port] = pick(node, [first])[0]
            if wiring != "earth":
                branch[port] -= pick(node, [3 if wiring == "wye" else (first + 1) % 3])[0]
        delta = homes.wiring[customer] == "delta"
        return cls(
            admittance=admittance,
            source=source,
            branch=branch,
            customer=customer,
            phase=phase,
            nominal_v=villages.PHASE_V * np.where(delta, np.sqrt(3), 1),
            const_z=homes.const_z[customer],
            const_i=homes.const_i[customer],
        )

    def power_va(self, feeder: Feeder, p_kw: np.ndarray, q_kvar: np.ndarray) -> np.ndarray:
        """Power (port,) [VA] of demands (customer,)."""
        p_share, q_share = (
            share[self.customer, self.phase]
            for share in (feeder.customers.p_share, feeder.customers.q_share)
        )
        return 1e3 * (p_kw[self.customer] * p_share + 1j * q_kvar[self.customer] * q_share)

    def mismatch(self, v: np.ndarray, power_va: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """What the equations miss (terminal,) [A], and its real Jacobian (2 term., 2 term.)."""
        across = self.branch @ v
        size = np.abs(across)
        z, i = self.const_z / self.nominal_v**2, self.const_i / self.nominal_v
        p = 1 - self.const_z - self.const_i
        current = np.conj(power_va) * (p / np.conj(across) + across * (i / size + z))
        by_v = np.conj(power_va) * (i / (2 * size) + z)
        by_conj = -np.conj(power_va) * (p / np.conj(across) ** 2 + i * across**2 / (2 * size**3))
        missing = self.admittance @ v - self.source + self.branch.T @ current
        direct = self.admittance + self.branch.T @ (by_v[:, None] * self.branch)
        conjugate = self.branch.T @ (by_conj[:, None] * self.branch)
        jacobian = np.block(
            [
                [(direct + conjugate).real, (conjugate - direct).imag],
                [(direct + conjugate).imag, (direct - conjugate).real],
            ]
        )
        return missing, jacobian


@dataclass(frozen=True)
class _Point:
    """A point of the curve and its direction, both (2 terminal + 1,): voltages [pu] and share."""

    at: np.ndarray
    along: np.ndarray


class Curve:
    """The solutions of a village along a ray of loads ``share * power_va``, from no load on."""

    def __init__(self, nodal: Nodal, power_va: np.ndarray) -> None:
        self.nodal, self.power_va = nodal, power_va
        v = np.linalg.solve(nodal.admittance, nodal.source)
        flat = np.concatenate([v.real, v.imag]) / villages.PHASE_V
        # the share at which the drop would be 1 pu if it went on as it begins
        self.scale = 1.0
        rows = self._rows(np.append(flat, 0.0))[1]
        self.scale = 1 / np.abs(np.linalg.solve(rows[:, :-1], rows[:, -1])).max()
        first = np.append(np.zeros(len(flat)), 1.0)
        self.start = self._point(np.append(flat, 0.0), first)

    def nose(self) -> float:
        """The largest share that has a solution."""
        point, step = self.start, _STEP
        while True:
            ahead = self._ahead(point, step)
            if ahead is None or ahead.along @ point.along < 0.9:
                step /= 2
                assert step > _SHORTEST, "the curve is lost"
            elif ahead.along[-1] > 0:
                point, step = ahead, min(1.5 * step, _STEP)
            else:
                break
        low, high = 0.0, step
        for _ in range(30):
            middle = (low + high) / 2
            ahead = self._ahead(point, middle)
            assert ahead is not None, "the curve is lost"
            low, high = (middle, high) if ahead.along[-1] > 0 else (low, middle)
        return float(ahead.at[-1] * self.scale)

    def _rows(self, at: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Missing currents (2 terminal,) and their derivatives by all (2 terminal, + 1)."""
        real, imag = np.split(at[:-1], 2)
        v, share = (real + 1j * imag) * villages.PHASE_V, at[-1] * self.scale
        missing, jacobian = self.nodal.mismatch(v, share * self.power_va)
        slope = self.nodal.mismatch(v, self.power_va)[0] - self.nodal.mismatch(v, 0j)[0]
        by_share = self.scale * np.concatenate([slope.real, slope.imag])
        rows = np.column_stack([villages.PHASE_V * jacobian, by_share])
        return np.concatenate([missing.real, missing.imag]), rows

    def _point(self, at: np.ndarray, before: np.ndarray) -> _Point:
        rows = np.vstack([self._rows(at)[1], before])
        along = np.linalg.solve(rows, np.append(np.zeros(len(at) - 1), 1.0))
        return _Point(at, along / np.linalg.norm(along))

    def _ahead(self, point: _Point, step: float) -> _Point | None:
        """The point of the curve a step ahead, by Newton's method across it."""
        goal = point.at + step * point.along
        at = goal
        for _ in range(8):
            missing, rows = self._rows(at)
            change = np.linalg.solve(
                np.vstack([rows, point.along]), np.append(missing, point.along @ (at - goal))
            )
            at = at - change
            if np.abs(change).max() < 1e-11:
                return self._point(at, point.along)
        return None
