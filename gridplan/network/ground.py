"""What joins conductors to the earth beside lines and the transformer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gridplan.frozen import ComplexArray, IntArray, StrArray, own_fields


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Groundings:
    """Where the neutral is joined to the earth.

    Attributes
    ----------
    node : int (grounding,)
    z_ohm : complex (grounding,) -- from the neutral to the earth [ohm], 0: solid
    """

    node: IntArray
    z_ohm: ComplexArray

    def __post_init__(self) -> None:
        one = ("grounding",)
        own_fields(self, {"node": (np.int64, one), "z_ohm": (np.complex128, one)}, {})

    def __len__(self) -> int:
        return len(self.node)

    @classmethod
    def none(cls) -> Groundings:
        """No grounding beside what nodes without a neutral imply."""
        return cls(node=np.zeros(0, np.int64), z_ohm=np.zeros(0, np.complex128))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Shunts:
    """Capacitors and reactors between the wires of a node and the earth.

    Attributes
    ----------
    name : str (shunt,); node : int (shunt,)
    y_s : complex (shunt, 4, 4) -- admittance between a, b, c, neutral, the earth as reference [S]
    """

    name: StrArray
    node: IntArray
    y_s: ComplexArray

    def __post_init__(self) -> None:
        own_fields(
            self,
            {
                "name": (np.str_, ("shunt",)),
                "node": (np.int64, ("shunt",)),
                "y_s": (np.complex128, ("shunt", 4, 4)),
            },
            {},
        )

    def __len__(self) -> int:
        return len(self.node)

    @classmethod
    def none(cls) -> Shunts:
        """No shunts."""
        return cls(
            name=np.zeros(0, np.str_),
            node=np.zeros(0, np.int64),
            y_s=np.zeros((0, 4, 4), np.complex128),
        )
