"""Homes on foreign feeders, which know neither residents nor returning people."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from sample_net import Customer
from village_customers import KIND

#: kW and power factor on a usual winter evening by role (gridplan's household levels, mid values).
DEMAND = {"r": (0.60, 0.93), "v": (0.03, 0.60), "e": (0.03, 0.60)}


def deal(counts: Mapping[str, int], rng: np.random.Generator) -> list[str]:
    """Letters dealt at random, each as often as ``counts`` says."""
    letters = [letter for letter, count in counts.items() for _ in range(count)]
    return [str(letter) for letter in rng.permutation(letters)]


def home(customer_id: str, node: str, phase: str, role: str) -> Customer:
    """A home that is a movable unit of its own."""
    p_kw, power_factor = DEMAND[role]
    return Customer(
        customer_id=customer_id,
        node=node,
        phase=phase,
        kind=KIND[role],
        p_kw=p_kw,
        power_factor=power_factor,
        movable_unit=customer_id,
        may_move=True,
        meter_a=60.0,
    )
