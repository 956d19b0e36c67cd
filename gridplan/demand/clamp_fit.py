"""Clamp readings in a study: the levels of a feeder's circuits, and whether its labels hold.

The readings of the feeder's own area are compared with what the model expects at their moments.
Where homes have meters these set the levels: a day's energy over weeks says more of a home than a
moment of a circuit, and both measure the same demand. The readings then only test the labels.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gridplan.demand.clamp import ClampReadings
from gridplan.demand.clamp_checks import VOLTAGE_V
from gridplan.demand.clamp_evidence import (
    CircuitEvidence,
    ClampFit,
    clamp_fault,
    label_notes,
    level_notes,
)
from gridplan.demand.clamp_expected import Build, Expected, expected, settings_on
from gridplan.demand.clamp_labels import label_probabilities
from gridplan.demand.clamp_level import (
    HOME_CV,
    INTERVAL_SD,
    SAID,
    Levels,
    Modelled,
    fit_levels,
)
from gridplan.demand.settings import ForecastSettings
from gridplan.demand.streams import stream
from gridplan.demand.variation import lognormal
from gridplan.errors import Fault
from gridplan.frozen import BoolArray, FloatArray, IntArray
from gridplan.network.customers import PERMUTATIONS, PHASES
from gridplan.network.feeder import Feeder

#: Of a clamp in the field, of the sum of three phases: share of the reading, amperes of each phase.
ACCURACY, ACCURACY_A = 0.05, 0.5
#: Readings of one circuit that are used; of more, as many are taken evenly from all.
MOST_READINGS = 40
LOAD_PU = 0.97  #: voltage at the homes over that at the circuit's head; assumption


def fit_clamp(
    feeder: Feeder,
    settings: ForecastSettings,
    readings: ClampReadings,
    build: Build,
    *,
    metered: bool,
) -> ClampFit:
    """Compare the clamp readings of a feeder with its model.

    Parameters
    ----------
    feeder, settings : of the forecast
    readings : of the feeder's own circuits
    build : gives homes and special loads of the days of some settings
    metered : meters set the levels
    """
    own, notes = _usable(readings, feeder, settings)
    notes = [*readings.notes, *notes]
    if not len(own):
        return ClampFit(circuits=(), area_level=1.0, applied=False, notes=tuple(notes))
    names = feeder.circuits.name.tolist()
    circuit = np.array([names.index(name) for name in own.circuit.tolist()])
    model = expected(own, settings, build, len(feeder.customers))
    case = _Case(
        feeder=feeder,
        own=own,
        circuit=circuit,
        power=_power(model, feeder, circuit),
        is_home=model.is_home,
        volts=_volts(own, feeder),
        seed=settings.seed,
    )
    levels = case.levels()
    labels = [case.labels(number, levels) for number in range(len(names))]
    found = [
        _evidence(name, int((circuit == number).sum()), levels, number, labels[number])
        for number, name in enumerate(names)
    ]
    notes += [*_surprises(own, levels), *level_notes(found, metered), *label_notes(found)]
    return ClampFit(
        circuits=tuple(found),
        area_level=float(np.exp(levels.area)),
        applied=not metered,
        notes=tuple(notes),
    )


def _usable(
    own: ClampReadings, feeder: Feeder, settings: ForecastSettings
) -> tuple[ClampReadings, list[Fault]]:
    """The readings that can be compared; what is left out is said."""
    known, notes = feeder.circuits.name.tolist(), []
    keep = np.ones(len(own), dtype=bool)
    served = set(feeder.customer_circuit.tolist())
    for at in range(len(own)):
        name, where = str(own.circuit[at]), str(own.where[at])
        if np.isnan(own.i_a[at]).any():
            keep[at] = False  # said when the file was read
        elif not own.i_a[at].sum() > 0:
            keep[at] = False
            what, remedy = "no current at all", "was the circuit switched on? Not used"
            notes.append(clamp_fault("zero", where, what, remedy, severity="warning"))
        elif known.index(name) not in served:
            keep[at] = False
            what = f"{own.i_a[at].sum():.3g} A on circuit {name}, on which the network has nobody"
            remedy = "add its customers to the network, or correct the circuit. Not used"
            notes.append(clamp_fault("no-customers", where, what, remedy, severity="warning"))
        elif settings_on(own.time[at].astype("M8[D]").astype(object), settings) is None:
            keep[at] = False
            what = f"{own.time[at]} is near a Spring Festival that the study is not about"
            remedy = "nobody knows who was at home then. Not used"
            notes.append(clamp_fault("other-festival", where, what, remedy, severity="warning"))
    for name in known:
        mine = np.flatnonzero(keep & (own.circuit == name))
        if mine.size > MOST_READINGS:
            keep[mine] = False
            keep[mine[np.linspace(0, mine.size - 1, MOST_READINGS).round().astype(int)]] = True
            what = f"{mine.size} readings: {MOST_READINGS} of them, evenly spread, are used"
            notes.append(clamp_fault("many", f"circuit {name}", what, rows=int(mine.size)))
    if settings.usual_c is None and np.isfinite(own.mean_c[keep]).any():
        what = "temperatures of readings are not used: the study has no usual_c to compare them to"
        notes.append(clamp_fault("temperature", settings.clamp or "", what, "give usual_c"))
    return own.only(keep), notes


def _power(model: Expected, feeder: Feeder, circuit: IntArray) -> np.ndarray:
    """Power of the customers of each reading's own circuit, complex (draw, reading, customer)."""
    own = feeder.customer_circuit == circuit[:, None]
    return (model.p_kw + 1j * model.q_kvar) * own


def _volts(own: ClampReadings, feeder: Feeder) -> FloatArray:
    """Voltage at the homes (reading, 3) [V]; the nominal one where none was measured."""
    low, high = VOLTAGE_V
    measured = (own.u_v >= low) & (own.u_v <= high)
    return LOAD_PU * np.where(measured, own.u_v, feeder.nodes.nominal_v[feeder.busbar])


def _phase_share(feeder: Feeder) -> FloatArray:
    """Share of each customer's current on the phases a, b, c (customer, 3).

    Between two phases both carry it: the magnitudes add up to more than the power says, by
    2 / sqrt(3).
    """
    customers = feeder.customers
    share = customers.p_share
    branches = (share + np.roll(share, 1, axis=1)) / np.sqrt(3.0)
    return np.where((customers.wiring == "delta")[:, None], branches, share)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Case:
    """Readings of a feeder beside what the model expects.

    Attributes
    ----------
    circuit : int (reading,)
    power : complex (draw, reading, customer) -- of the reading's circuit, homes at level 1 [kVA]
    is_home : bool (customer,)
    volts : float (reading, 3) -- [V]
    """

    feeder: Feeder
    own: ClampReadings
    circuit: IntArray
    power: np.ndarray
    is_home: BoolArray
    volts: FloatArray
    seed: int

    def levels(self) -> Levels:
        """Levels of all circuits."""
        share, total = _phase_share(self.feeder), self.own.i_a.sum(axis=1)
        modelled = Modelled(
            homes_a=1e3 * (self.power * self.is_home) @ share / self.volts,
            others_a=1e3 * (self.power * ~self.is_home) @ share / self.volts,
        )
        accuracy = np.hypot(ACCURACY, np.sqrt(3.0) * ACCURACY_A / total)
        lived_in = np.isin(self.feeder.customers.kind, ("resident", "ten_kilowatt"))
        homes = [
            int((lived_in & (self.feeder.customer_circuit == number)).sum())
            for number in range(len(self.feeder.circuits))
        ]
        return fit_levels(total, accuracy, self.circuit, modelled, np.array(homes))

    def labels(self, number: int, levels: Levels) -> FloatArray | None:
        """Probabilities of the hypotheses on one circuit's labels; None without readings."""
        rows = np.flatnonzero(self.circuit == number)
        if not rows.size:
            return None
        customers = self.feeder.customers
        members = np.flatnonzero(self.feeder.customer_circuit == number)
        level = np.ones((len(self.power), len(members)))
        home = self.is_home[members]
        for draw in range(len(level)):
            normal = stream(self.seed, "clamp: homes", draw).standard_normal(len(customers))
            level[draw, home] = lognormal(normal[members[home]], HOME_CV)
        level[:, home] *= np.exp(levels.theta[number])
        name = f"clamp: labels {self.feeder.circuits.name[number]}"
        return label_probabilities(
            self.own.i_a[rows],
            self.power[:, rows][..., members] * level[:, None],
            _phase_share(self.feeder)[members],
            self.volts[rows],
            customers.unit[members],
            customers.phase_confidence[members],
            lambda *shape: stream(self.seed, name, 0).random(shape),
        )


def _evidence(
    name: str, readings: int, levels: Levels, number: int, labels: FloatArray | None
) -> CircuitEvidence:
    theta, reach = levels.theta[number], INTERVAL_SD * levels.sd[number]
    orders = ["".join(PHASES[to] for to in order) for order in PERMUTATIONS[1:]]
    return CircuitEvidence(
        circuit=name,
        readings=readings,
        level=float(np.exp(theta)),
        level_low=float(np.exp(theta - reach)),
        level_high=float(np.exp(theta + reach)),
        labels_hold=None if labels is None else float(labels[0]),
        exchanged={} if labels is None else dict(zip(orders, labels[1:-1].tolist(), strict=True)),
        some_wrong=None if labels is None else float(labels[-1]),
    )


def _surprises(own: ClampReadings, levels: Levels) -> list[Fault]:
    """Warnings about readings that the others and the model contradict."""
    found = []
    for at in np.flatnonzero(np.abs(levels.surprise) > SAID).tolist():
        low, middle, high = levels.expected_a[at]
        what = (
            f"the phases of {own.circuit[at]} add up to {own.i_a[at].sum():.3g} A, where the other "
            f"readings and the model say {middle:.3g} A ({low:.3g} to {high:.3g})"
        )
        remedy = "was a machine running, or another circuit measured? It counts less"
        found.append(clamp_fault("surprise", str(own.where[at]), what, remedy, severity="warning"))
    return found
