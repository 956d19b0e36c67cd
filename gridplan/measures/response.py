"""What every step away from a labelling does, in a linear model around its exact power flow.

At the base the voltages at all sites are known. A customer that changes phase takes its current
from one site and draws at another what it would draw at the voltage there; all other customers keep
their current. Currents and voltages are then sums over the choices made, so one array per choice
serves all single steps and all pairs. The model ranks; exact power flows decide.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from gridplan.frozen import FloatArray, IntArray
from gridplan.measures.linear import zip_factor
from gridplan.measures.peaks import CURRENT, MEAN, VOLTAGE
from gridplan.measures.scoring import Scorer, spread_ratio
from gridplan.measures.units import MovableUnits
from gridplan.network.customers import Customers
from gridplan.powerflow.solver import Flows

#: Steps whose ratios are worked out at once: bounds the memory.
_STEPS = 128
#: Ports watched per outgoing circuit and phase: those that are most often the lowest, the highest.
_WATCHED = 1

Single = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Response:
    """Ratios to the limits after steps away from a labelling.

    Attributes
    ----------
    scorer, units, labelling : cases and limits; the base (unit,)
    current_cases, voltage_cases : int (case,) -- cases judged for currents, for voltages
    trafo_a : complex64 (3, current case) -- phase currents at the base [A]
    trafo_change_a : complex64 (choice, 3, current case) -- what a choice changes [A]
    watched_v, watched_change_v : float32 (watch, voltage case), (choice, watch, voltage case) --
        magnitude of voltages at the watched sites and its change [V]
    nominal_v, circuit : of the watched sites (watch,)
    """

    scorer: Scorer
    units: MovableUnits
    labelling: IntArray
    current_cases: IntArray
    voltage_cases: IntArray
    trafo_a: npt.NDArray[np.complex64]
    trafo_change_a: npt.NDArray[np.complex64]
    watched_v: Single
    watched_change_v: Single
    nominal_v: FloatArray
    circuit: IntArray

    @classmethod
    def of(
        cls, scorer: Scorer, units: MovableUnits, customers: Customers, labelling: IntArray
    ) -> Response:
        """Solve all cases with the labelling and turn each choice into what it changes."""
        model = scorer.model
        flows = scorer.flows(units.apply(customers, labelling))
        solved = flows.converged
        drawn = np.where(solved, flows.i, 0).astype(np.complex64)
        ports = _watched_ports(scorer, flows)
        watched = flows.ports.site[ports]
        z_ohm = model.z_ohm.astype(np.complex64)
        site_v = model.e_v[:, None].astype(np.complex64) - z_ohm[:, flows.ports.site] @ drawn
        toward = np.conj(site_v[watched]) / np.maximum(np.abs(site_v[watched]), 1e-9)
        choices = [
            units.entries(customers, model.customer_site, choice)
            for choice in range(len(units.choice_unit))
        ]
        who, branch, site = (np.concatenate(part) for part in zip(*choices, strict=True))
        size = np.array([len(entry[0]) for entry in choices])
        nominal = model.feeder.nodes.nominal_v[model.site_node].astype(np.float32)
        current = _currents(scorer, customers, (who, branch), site_v[site], nominal[site, None])
        cases = scorer.cases
        amps = np.flatnonzero(cases.judged(CURRENT) | cases.judged(MEAN))
        volts = cases.of_kind(VOLTAGE)
        trafo = np.empty((len(choices), 3, len(amps)), dtype=np.complex64)
        voltage = np.empty((len(choices), len(watched), len(volts)), dtype=np.float32)
        at_amps, at_volts, toward = current[:, amps], current[:, volts], toward[:, volts]
        trafo_a = model.trafo_a.astype(np.complex64)
        for choice, end in enumerate(np.cumsum(size).tolist()):
            entry = slice(end - size[choice], end)
            trafo[choice] = trafo_a[:, site[entry]] @ at_amps[entry]
            drop = z_ohm[np.ix_(watched, site[entry])] @ at_volts[entry]
            voltage[choice] = -(toward.real * drop.real - toward.imag * drop.imag)
        base = labelling[units.choice_unit]
        return cls(
            scorer=scorer,
            units=units,
            labelling=labelling,
            current_cases=amps,
            voltage_cases=volts,
            trafo_a=np.where(solved, flows.i_phase, 0).astype(np.complex64)[:, amps],
            trafo_change_a=trafo - trafo[base],
            watched_v=np.abs(site_v[watched][:, volts]).astype(np.float32),
            watched_change_v=voltage - voltage[base],
            nominal_v=nominal[watched].astype(np.float64),
            circuit=model.feeder.customer_circuit[flows.ports.customer[ports]],
        )

    @property
    def rows(self) -> list[tuple[str, str]]:
        """Rule and place of each row of ``ratios``, named as in ``Standing``."""
        names = [self.scorer.circuit_name(c) for c in np.unique(self.circuit)]
        voltages = [(rule, name) for name in names for rule in ("low_voltage", "high_voltage")]
        return [("phase", ""), ("neutral", ""), ("unbalance", ""), *voltages]

    def ratios(self, steps: IntArray) -> Single:
        """Ratios after steps (step, 2) of choices: (step, row, scenario, draw)."""
        parts = [self._ratios(steps[k : k + _STEPS]) for k in range(0, len(steps), _STEPS)]
        return np.concatenate(parts)

    def ratios_at(self, labellings: IntArray) -> Single:
        """Ratios with labellings (n, unit): (n, row, scenario, draw)."""
        amps = np.stack([self._sum(self.trafo_a, self.trafo_change_a, one) for one in labellings])
        volts = np.stack(
            [self._sum(self.watched_v, self.watched_change_v, one) for one in labellings]
        )
        return self._rated(amps, volts)

    def _sum(
        self, base: npt.NDArray[Any], change: npt.NDArray[Any], labelling: IntArray
    ) -> npt.NDArray[Any]:
        """The base and what the units that differ from it change."""
        other = labelling[labelling != self.labelling]
        return np.asarray(base + change[other].sum(axis=0))

    def _ratios(self, steps: IntArray) -> Single:
        amps = self._after(self.trafo_a, self.trafo_change_a, steps)
        return self._rated(amps, self._after(self.watched_v, self.watched_change_v, steps))

    def _rated(self, all_amps: npt.NDArray[Any], volts: npt.NDArray[Any]) -> Single:
        """Ratios of currents (n, 3, current case) and voltages (n, watch, voltage case)."""
        cases, out = self.scorer.cases, []
        limit = self.scorer.current_limits_a
        for kind in (CURRENT, MEAN):
            chosen = cases.of_kind(kind)
            at = np.searchsorted(self.current_cases, chosen)
            amps = all_amps[:, :, at]
            size = np.abs(amps)
            if kind == CURRENT:
                out.append((kind, chosen, size.max(axis=1) / np.float32(limit["phase"])))
                neutral = np.abs(amps.sum(axis=1))
                out.append((kind, chosen, neutral / np.float32(limit["neutral"])))
            else:
                out.append((kind, chosen, spread_ratio(self.scorer, np.moveaxis(size, 1, 0))))
        chosen = cases.of_kind(VOLTAGE)
        low_v, high_v = self.scorer.limits.voltage_band_v
        allowed = (self.nominal_v - low_v)[:, None].astype(np.float32)
        nominal = self.nominal_v[:, None].astype(np.float32)
        sag = np.where(allowed > 0, (nominal - volts) / np.where(allowed > 0, allowed, 1), 0)
        for circuit in np.unique(self.circuit):
            members = self.circuit == circuit
            out.append((VOLTAGE, chosen, sag[:, members].max(axis=1)))
            out.append((VOLTAGE, chosen, volts[:, members].max(axis=1) / np.float32(high_v)))
        rows = [cases.largest_of(values, chosen) for _, chosen, values in out]
        return np.stack(rows, axis=1).astype(np.float32)

    @staticmethod
    def _after(
        base: npt.NDArray[Any], change: npt.NDArray[Any], steps: IntArray
    ) -> npt.NDArray[Any]:
        """Values (step, row, case) after steps."""
        first, second = steps.T
        values = base[None] + change[first]
        pair = np.flatnonzero(first != second)
        values[pair] += change[second[pair]]
        return np.asarray(values)


def _currents(
    scorer: Scorer,
    customers: Customers,
    where: tuple[IntArray, IntArray],
    v: npt.NDArray[np.complex64],
    nominal_v: Single,
) -> npt.NDArray[np.complex64]:
    """What customers' branches draw (entry, case) [A] at voltages (entry, case) [V]."""
    who, branch = where
    power = np.empty(v.shape, dtype=np.complex64)
    power.real = 1e3 * scorer.cases.p_kw[who] * customers.p_share[who, branch][:, None]
    power.imag = -1e3 * scorer.cases.q_kvar[who] * customers.q_share[who, branch][:, None]
    magnitude = np.maximum(np.abs(v), np.float32(1e-3) * nominal_v)
    factor = zip_factor(customers, who, magnitude / nominal_v)
    return np.asarray(power * (factor / magnitude**2) * v, dtype=np.complex64)


def _watched_ports(scorer: Scorer, flows: Flows) -> IntArray:
    """Ports with the lowest and the highest voltages of each circuit and phase."""
    ports, solved = flows.ports, flows.converged
    magnitude = np.abs(flows.v[:, solved]) / ports.nominal_v
    circuit = scorer.model.feeder.customer_circuit[ports.customer]
    kept: set[int] = set()
    for key in np.unique(3 * circuit + ports.phase):
        members = np.flatnonzero(3 * circuit + ports.phase == key)
        if not solved.any():
            kept.add(int(members[-1]))
            continue
        for extreme in (magnitude[members].argmin(axis=0), magnitude[members].argmax(axis=0)):
            count = np.bincount(extreme, minlength=len(members))
            often = np.argsort(-count, kind="stable")[:_WATCHED]
            kept.update(members[often[count[often] > 0]].tolist())
    chosen = np.array(sorted(kept))
    return np.asarray(chosen[np.unique(ports.site[chosen], return_index=True)[1]])
