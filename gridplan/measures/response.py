"""What every step away from a labelling does, in a linear model around its exact power flow.

At the base the voltages at all sites are known. A customer that changes phase takes its current
from one site and draws at another what it would draw at the voltage there; all other customers keep
their current. Currents and voltages are then sums over the choices made, so one array per choice
serves all single steps and all pairs. The model ranks; exact power flows decide.
"""

from __future__ import annotations

from dataclasses import dataclass

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
_WATCHED = 2

Single = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Response:
    """Ratios to the limits after steps away from a labelling.

    Attributes
    ----------
    scorer, units, labelling : cases and limits; the base (unit,)
    trafo_a : complex64 (3, case) -- phase currents at the base [A]
    trafo_change_a : complex64 (choice, 3, case) -- what a choice changes [A]
    watched_v, watched_change_v : float32 (watch, case), (choice, watch, case) -- magnitude of
        voltages at the watched sites and its change [V]
    nominal_v, circuit : of the watched sites (watch,)
    """

    scorer: Scorer
    units: MovableUnits
    labelling: IntArray
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
        drawn = np.where(solved, flows.i, 0)
        site_v = model.e_v[:, None] - model.z_ohm[:, flows.ports.site] @ drawn
        ports = _watched_ports(scorer, flows)
        watched = flows.ports.site[ports]
        toward = np.conj(site_v[watched]) / np.maximum(np.abs(site_v[watched]), 1e-9)
        n_choice, n_case = len(units.choice_unit), len(scorer.cases)
        trafo = np.zeros((n_choice, 3, n_case), dtype=np.complex64)
        voltage = np.zeros((n_choice, len(watched), n_case), dtype=np.float32)
        nominal = model.feeder.nodes.nominal_v[model.site_node]
        for choice in range(n_choice):
            who, branch, site = units.entries(customers, model.customer_site, choice)
            at = site_v[site]
            s_va = 1e3 * (
                scorer.cases.p_kw[who] * customers.p_share[who, branch][:, None]
                + 1j * scorer.cases.q_kvar[who] * customers.q_share[who, branch][:, None]
            )
            level = np.abs(at) / nominal[site, None]
            current = np.conj(s_va * zip_factor(customers, who, level) / at)
            trafo[choice] = model.trafo_a[:, site] @ current
            drop = model.z_ohm[np.ix_(watched, site)] @ current
            voltage[choice] = -(toward * drop).real
        base = labelling[units.choice_unit]
        return cls(
            scorer=scorer,
            units=units,
            labelling=labelling,
            trafo_a=np.where(solved, flows.i_phase, 0).astype(np.complex64),
            trafo_change_a=trafo - trafo[base],
            watched_v=np.abs(site_v[watched]).astype(np.float32),
            watched_change_v=voltage - voltage[base],
            nominal_v=nominal[watched],
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

    def _ratios(self, steps: IntArray) -> Single:
        cases, out = self.scorer.cases, []
        limit = self.scorer.current_limits_a
        for kind in (CURRENT, MEAN):
            chosen = cases.of_kind(kind)
            amps = self._after(self.trafo_a, self.trafo_change_a, steps, chosen)
            size = np.abs(amps)
            if kind == CURRENT:
                out.append((kind, chosen, size.max(axis=1) / np.float32(limit["phase"])))
                neutral = np.abs(amps.sum(axis=1))
                out.append((kind, chosen, neutral / np.float32(limit["neutral"])))
            else:
                out.append((kind, chosen, spread_ratio(self.scorer, np.moveaxis(size, 1, 0))))
        chosen = cases.of_kind(VOLTAGE)
        volts = self._after(self.watched_v, self.watched_change_v, steps, chosen)
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
        base: npt.NDArray[np.generic],
        change: npt.NDArray[np.generic],
        steps: IntArray,
        chosen: IntArray,
    ) -> npt.NDArray[np.generic]:
        """Values (step, row, case) after steps."""
        first, second = steps.T
        part = change[:, :, chosen]
        values = base[None, :, chosen] + part[first]
        pair = np.flatnonzero(first != second)
        values[pair] += part[second[pair]]
        return values


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
