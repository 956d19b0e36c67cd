"""The programs of the comparison, behind one small interface."""

from __future__ import annotations

from typing import Protocol

from gridplan.frozen import FloatArray


class Peer(Protocol):
    """A program with one network built and ready; all arrays of demand are (case, customer).

    Attributes
    ----------
    settings : what was chosen for this network, in a few words
    """

    settings: str

    def voltages(self, p_kw: FloatArray, q_kvar: FloatArray) -> FloatArray:
        """Voltage magnitudes (case, node, 3), phase to neutral [V]."""
        ...

    def seconds_per_case(
        self, p_kw: FloatArray, q_kvar: FloatArray, *, least_s: float = 1.0
    ) -> float:
        """Wall time per case on both threads [s], the time to build the network not counted."""
        ...
