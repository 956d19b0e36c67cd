"""How the demand of each kind of customer follows the voltage: shares from a table with sources."""

from __future__ import annotations

import csv
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources

import numpy as np

from gridplan.network.customers import Customers


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadModel:
    """Shares of constant impedance and constant current at nominal voltage [%]; the rest is power.

    ``status`` is "K" for knowledge of the trade, "A" for an assumption.
    """

    const_z_percent: float
    const_i_percent: float
    status: str
    source: str


@cache
def load_models() -> dict[str, LoadModel]:
    """The load model of every kind of customer."""
    text = resources.files("gridplan.network").joinpath("data/load_models.csv")
    rows = csv.DictReader(text.read_text(encoding="utf-8").splitlines())
    return {
        row["kind"]: LoadModel(
            const_z_percent=float(row["const_z_percent"]),
            const_i_percent=float(row["const_i_percent"]),
            status=row["status"],
            source=row["source"],
        )
        for row in rows
    }


def with_load_models(customers: Customers) -> Customers:
    """The customers with the shares of their kinds, whatever the network file said."""
    models = [load_models()[kind] for kind in customers.kind.tolist()]
    return replace(
        customers,
        const_z=np.array([model.const_z_percent / 100 for model in models]),
        const_i=np.array([model.const_i_percent / 100 for model in models]),
    )
