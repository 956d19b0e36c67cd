"""Currents of the transformer as sums over the choices of the units, on many cases."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gridplan.frozen import ComplexArray, FloatArray, IntArray
from gridplan.measures.linear import choice_currents
from gridplan.measures.scoring import Scorer
from gridplan.measures.units import MovableUnits
from gridplan.network.customers import Customers

#: Steps looked at once, a bound on memory.
_STEPS = 4096
#: Changes below this are none [A].
_NOTHING_A = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Currents:
    """Currents of the transformer in a linear model.

    Attributes
    ----------
    units : their choices
    constant : complex (conductor,) -- without load [A]
    of_choice : complex (choice, conductor, case) -- what each choice adds [A]; conductors are the
        three phases, or the neutral alone
    """

    units: MovableUnits
    constant: ComplexArray
    of_choice: ComplexArray

    @classmethod
    def of(
        cls,
        scorer: Scorer,
        units: MovableUnits,
        customers: Customers,
        cases: IntArray,
        base: IntArray | None = None,
    ) -> Currents:
        """Phase currents, or by the objective "neutral_current" the neutral's, of some cases.

        Linear around the balanced state, or around a labelling ``base`` (unit,).
        """
        added = choice_currents(
            scorer.model,
            customers,
            units,
            scorer.cases.p_kw[:, cases],
            scorer.cases.q_kvar[:, cases],
            base=None if base is None else units.apply(customers, base),
        )
        constant = scorer.model.trafo0_a
        if scorer.objective == "neutral_current":
            constant, added = constant.sum(keepdims=True), added.sum(axis=1, keepdims=True)
        return cls(units=units, constant=constant, of_choice=added)

    def at(self, labelling: IntArray) -> ComplexArray:
        """Currents (conductor, case) [A] with the choices (unit,)."""
        return np.asarray(self.constant[:, None] + self.of_choice[labelling].sum(axis=0))

    def highest(self, labelling: IntArray) -> float:
        """Highest magnitude over conductors and cases [A]."""
        return float(np.abs(self.at(labelling)).max())

    @property
    def changes(self) -> tuple[ComplexArray, IntArray]:
        """What moves change (move, conductor, case) [A], and their choices (move,).

        Choices of today and those that change nothing in any case are left out.
        """
        units = self.units
        change = self.of_choice - self.of_choice[units.today[units.choice_unit]]
        free = np.flatnonzero(np.abs(change).max(axis=(1, 2)) > _NOTHING_A)
        return change[free], free

    def worst_cases(self, labelling: IntArray, count: int) -> IntArray:
        """The cases with the highest currents."""
        highest = np.abs(self.at(labelling)).max(axis=0)
        return np.asarray(np.argsort(-highest, kind="stable")[:count])

    def after(self, labelling: IntArray, steps: IntArray) -> FloatArray:
        """Highest magnitude (step,) [A] after steps (step, 2) of choices."""
        change = self.of_choice - self.of_choice[labelling[self.units.choice_unit]]
        base, highest = self.at(labelling), []
        for first in range(0, len(steps), _STEPS):
            one, two = steps[first : first + _STEPS].T
            values = base + change[one]
            pair = np.flatnonzero(one != two)
            values[pair] += change[two[pair]]
            highest.append(np.abs(values).max(axis=(1, 2)))
        return np.concatenate(highest) if highest else np.zeros(0)
