"""The customers of a feeder, the units in which they can change phase, and phase moves."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from gridplan.frozen import BoolArray, FloatArray, IntArray, StrArray, own_fields

PHASES = ("a", "b", "c")

#: The six ways in which a unit can be reconnected. ``PERMUTATIONS[k][f]`` is the phase that the
#: conductor now on phase ``f`` goes to. The first three are cyclic: they keep a motor's rotation.
PERMUTATIONS: tuple[tuple[int, int, int], ...] = (
    (0, 1, 2),
    (1, 2, 0),
    (2, 0, 1),
    (0, 2, 1),
    (2, 1, 0),
    (1, 0, 2),
)


def branches_after(permutation: tuple[int, int, int]) -> tuple[int, int, int]:
    """The branch (0 ab, 1 bc, 2 ca) that each branch becomes when its phases are permuted."""
    a, b, c = permutation
    # a branch is known by the phase that it leaves out: branch k leaves out phase (k + 2) % 3
    return (4 - a - b) % 3, (4 - b - c) % 3, (4 - c - a) % 3


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseMove:
    """One movable unit reconnected by a permutation of (a, b, c).

    ``customer_ids`` names the customers where the unit is not one of the feeder's own.
    """

    unit: str
    permutation: tuple[int, int, int]
    customer_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Customers:
    """The customers of one feeder, in the row order of asymmetric_load, load, sgen.

    Attributes
    ----------
    id : str (customer,) -- customer number, unique
    node : int (customer,) -- index into ``Feeder.nodes``
    p_share, q_share : float (customer, 3) -- share of active and reactive power on phases a, b, c,
        between phases ab, bc, ca for the wiring "delta"; rows sum to 1
    wiring : str (customer,) -- "wye": to the neutral, to the earth where the node has none;
        "delta": between phases; "earth": to the earth beside a neutral
    kind : str (customer,) -- what it is: "resident", "vacant", "ten_kilowatt", or a special load
        ("pump", "mill", ...)
    p_kw, q_kvar : float (customer,) -- demand that the network file carries [kW, kvar], load
        positive, generation negative
    const_z, const_i : float (customer,) -- share of the demand that is constant impedance /
        constant current at nominal voltage
    unit : int (customer,) -- index into ``unit_names``: customers that can only change phase
        together
    unit_names : str (unit,)
    may_move : bool (customer,) -- False: fixed by order of the utility
    phase_confidence : float (customer,) -- confidence in the phase record, 0..1
    priority : bool (customer,) -- must not lose supply
    meter_a : float (customer,) -- rated maximum current of the meter [A], NaN where unknown
    table, row : str, int (customer,) -- the table and row of the network file
    """

    id: StrArray
    node: IntArray
    p_share: FloatArray
    q_share: FloatArray
    wiring: StrArray
    kind: StrArray
    p_kw: FloatArray
    q_kvar: FloatArray
    const_z: FloatArray
    const_i: FloatArray
    unit: IntArray
    unit_names: StrArray
    may_move: BoolArray
    phase_confidence: FloatArray
    priority: BoolArray
    meter_a: FloatArray
    table: StrArray
    row: IntArray

    def __post_init__(self) -> None:
        one = ("customer",)
        layout = {
            "id": (np.str_, one),
            "node": (np.int64, one),
            "p_share": (np.float64, ("customer", 3)),
            "q_share": (np.float64, ("customer", 3)),
            "wiring": (np.str_, one),
            "kind": (np.str_, one),
            "p_kw": (np.float64, one),
            "q_kvar": (np.float64, one),
            "const_z": (np.float64, one),
            "const_i": (np.float64, one),
            "unit": (np.int64, one),
            "unit_names": (np.str_, ("unit",)),
            "may_move": (np.bool_, one),
            "phase_confidence": (np.float64, one),
            "priority": (np.bool_, one),
            "meter_a": (np.float64, one),
            "table": (np.str_, one),
            "row": (np.int64, one),
        }
        own_fields(self, layout, {})

    def __len__(self) -> int:
        return len(self.id)

    def __repr__(self) -> str:
        counts = ", ".join(
            f"{int((self.phase == name).sum())} on {name}" for name in (*PHASES, "abc")
        )
        return f"<Customers: {len(self)} ({counts}), {len(self.unit_names)} movable units>"

    @property
    def connected(self) -> BoolArray:
        """Which phases, or branches ab, bc, ca, each customer uses: bool (customer, 3)."""
        return (self.p_share != 0) | (self.q_share != 0)

    @property
    def phase(self) -> StrArray:
        """The phases of each customer as letters, e.g. "a" or "abc": str (customer,)."""
        branch = self.connected
        delta = (self.wiring == "delta")[:, None]
        phases = np.where(delta, branch | np.roll(branch, 1, axis=1), branch)
        letters = np.where(phases, np.array(PHASES), "")
        return np.array(["".join(row) for row in letters], dtype=np.str_)

    def unit_members(self, unit: int) -> IntArray:
        """Customers of one movable unit: int (member,)."""
        return np.flatnonzero(self.unit == unit)

    def moved(self, moves: tuple[PhaseMove, ...]) -> Customers:
        """The same customers, the units of ``moves`` on other phases; ``KeyError`` if unknown."""
        p_share, q_share = self.p_share.copy(), self.q_share.copy()
        position = {name: index for index, name in enumerate(self.unit_names.tolist())}
        place = {name: index for index, name in enumerate(self.id.tolist())}
        for move in moves:
            if move.customer_ids:
                members = np.array([place[customer] for customer in move.customer_ids])
            else:
                members = self.unit_members(position[move.unit])
            target = np.where(
                (self.wiring[members] == "delta")[:, None],
                branches_after(move.permutation),
                move.permutation,
            )
            for share in (p_share, q_share):
                before = share[members]
                share[members[:, None], target] = before
        return replace(self, p_share=p_share, q_share=q_share)
