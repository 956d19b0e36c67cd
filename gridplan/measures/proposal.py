"""Phase moves in field order, what they buy, and how far they are from the best there is."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from gridplan.frozen import StrArray, own
from gridplan.measures.pareto import Pareto
from gridplan.network.customers import PhaseMove


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """One movable unit reconnected, as the crew does it.

    Attributes
    ----------
    order : 1, 2, ... -- order in the field, by outage window and pole
    window : 1, 2, ... -- outage window: one outgoing circuit switched off
    unit : movable unit
    customer_ids : the customers that change phase together
    node, circuit : pole (node name) and outgoing circuit
    from_phase, to_phase : letters; for units with several phases the phases in order, e.g. "abc" ->
        "bca"
    permutation : where the conductors on a, b, c go
    """

    order: int
    window: int
    unit: str
    customer_ids: tuple[str, ...]
    node: str
    circuit: str
    from_phase: str
    to_phase: str
    permutation: tuple[int, int, int]

    @property
    def phase_move(self) -> PhaseMove:
        """The move as ``Feeder.with_phases`` takes it."""
        return PhaseMove(
            unit=self.unit, permutation=self.permutation, customer_ids=self.customer_ids
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Metrics:
    """What a labelling costs on the cases that the rebalancing looked at.

    Attributes
    ----------
    objective : the value of the objective (unit in ``objective_unit``)
    peak_current_a, peak_neutral_a : highest phase and neutral current of the transformer [A]
    lowest_v : lowest customer voltage [V]
    loss_kw : mean losses [kW]
    unsolved : cases without a solution
    """

    objective: float
    objective_unit: str
    peak_current_a: float
    peak_neutral_a: float
    lowest_v: float
    loss_kw: float
    unsolved: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """How good the proposal is, each gap by itself.

    Attributes
    ----------
    bound : no labelling of the movable units can have a lower objective than this, in the
        objective's unit
    mip_gap_percent : between the best labelling of the linear model and its proven bound; NaN where
        no exact model was solved, as for the objectives "violations" and "losses"
    linearisation_gap_percent : between the linear model and the exact power flow, at the proposal;
        NaN likewise
    scenario_gap_percent : between the cases that decided the last steps and all cases scored, by
        exact flows; NaN by "losses", and where no move is allowed
    bound_gap_percent : between the proposal's objective and ``bound``
    cannot_help : True when the bound proves that no re-phasing meets the limit
    shortfall_kva : how much the transformer is too small whatever the phases [kVA], 0 when it is
        not
    floor_unbalance_percent : the load unbalance that the best labelling found still has [%]
    sentence : the certificate in words
    cannot_help_scenarios : scenarios for which it is proven that no re-phasing meets the limit
    """

    bound: float
    mip_gap_percent: float
    linearisation_gap_percent: float
    scenario_gap_percent: float
    bound_gap_percent: float
    cannot_help: bool
    shortfall_kva: float
    floor_unbalance_percent: float
    sentence: str
    cannot_help_scenarios: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Verify:
    """A meter whose phase to verify.

    Attributes
    ----------
    unit, customer_ids : what is doubtful
    confidence : of the record
    value : by how much less is left over the limits, expected, when the best of the plans may be
        chosen knowing this unit's phase; of the limits, as ``Pareto.value``
    """

    unit: str
    customer_ids: tuple[str, ...]
    confidence: float
    value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """What doubtful phase records mean for a plan.

    Attributes
    ----------
    label_draws : samples of labels
    probability_helps : share of them in which the plan leaves less over the limits than no plan
    expected_before, expected_after : mean of what is left over the limits without and with the plan
    verify : doubtful units, the most valuable to know first
    """

    label_draws: int
    probability_helps: float
    expected_before: float
    expected_after: float
    verify: tuple[Verify, ...]

    def to_record(self) -> dict[str, Any]:
        """Plain values for JSON."""
        names = ("label_draws", "probability_helps", "expected_before", "expected_after")
        verify = [
            {
                "unit": one.unit,
                "customer_ids": list(one.customer_ids),
                "confidence": one.confidence,
                "value": one.value,
            }
            for one in self.verify
        ]
        return {**{name: getattr(self, name) for name in names}, "verify": verify}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Proposal:
    """Phase moves and their proof.

    Attributes
    ----------
    phases : str (customer,) -- phases of each customer after the moves
    moves : in field order; empty when nothing is better than today
    before, after : on the same cases
    bound : ``certificate.bound``
    pareto : moves against what they buy
    poles, crew_hours : poles visited, and hours of a crew of five [h] (assumptions: ``crew_hours``)
    between : what is worst between two outage windows, where no order was found in which nothing is
        worse than today; else empty
    doubt : what doubtful phase records mean for the plan; None where all are sure
    note : what the search has to say, e.g. that the time limit ended it; else empty
    baseline : the electrician's rule (equal numbers of occupied homes per phase) on the same cases,
        and its moves
    """

    objective: str
    phases: StrArray
    moves: tuple[Move, ...]
    before: Metrics
    after: Metrics
    certificate: Certificate
    baseline: Metrics
    baseline_moves: tuple[Move, ...]
    pareto: Pareto
    poles: int = 0
    crew_hours: float = 0.0
    between: str = ""
    doubt: Doubt | None = None
    note: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(
            self, "phases", own(self.phases, np.str_, ("customer",), {}, name="Proposal.phases")
        )

    @property
    def bound(self) -> float:
        """No labelling has a lower objective: ``certificate.bound``."""
        return self.certificate.bound

    @property
    def phase_moves(self) -> tuple[PhaseMove, ...]:
        """The moves as ``Feeder.with_phases`` takes them."""
        return tuple(move.phase_move for move in self.moves)

    def __repr__(self) -> str:
        text = (
            ", ".join(f"{move.unit} {move.from_phase}->{move.to_phase}" for move in self.moves)
            or "none"
        )
        return (
            f"<Proposal ({self.objective}): {len(self.moves)} moves ({text}), "
            f"{self.before.objective:.4g} -> {self.after.objective:.4g} "
            f"{self.after.objective_unit}, bound {self.bound:.4g}>"
        )

    def to_record(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "objective": self.objective,
            "moves": [asdict(move) for move in self.moves],
            "before": asdict(self.before),
            "after": asdict(self.after),
            "certificate": {
                name: None if isinstance(value, float) and math.isnan(value) else value
                for name, value in asdict(self.certificate).items()
            },
            "pareto": self.pareto.to_record(),
            "poles": self.poles,
            "crew_hours": self.crew_hours,
            "between": self.between,
            "doubt": None if self.doubt is None else self.doubt.to_record(),
            "note": self.note,
            "baseline": {
                "moves": [asdict(move) for move in self.baseline_moves],
                **asdict(self.baseline),
            },
        }
