"""Lists beside the orders: who needs a look, who does not come, who must keep supply."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gridplan.demand.pending import TABLE
from gridplan.demand.study_files import register_of
from gridplan.records.field_types import FieldLists

if TYPE_CHECKING:
    from gridplan.demand.settings import ForecastSettings
    from gridplan.frozen import BoolArray
    from gridplan.network.feeder import Feeder
    from gridplan.records.field_places import Places

#: Phase records that are less sure than this are looked at in the field (assumption).
DOUBTFUL_CONFIDENCE = 0.9


def field_lists(feeder: Feeder, places: Places, away: BoolArray) -> FieldLists:
    """Lists of a feeder; ``away`` (customer,) says to which homes nobody comes."""
    customers = feeder.customers
    empty = customers.kind == "vacant"
    one_phase = customers.connected.sum(axis=1) == 1
    doubtful = one_phase & (customers.phase_confidence < DOUBTFUL_CONFIDENCE)
    return FieldLists(
        long_off=places.listed(np.flatnonzero(empty & ~away)),
        not_coming=places.listed(np.flatnonzero(away)),
        priority=places.listed(np.flatnonzero(customers.priority)),
        doubtful_phase=places.listed(np.flatnonzero(doubtful)),
    )


def stays_away(feeder: Feeder, settings: ForecastSettings) -> BoolArray:
    """Homes to which, by the register, nobody comes: bool (customer,)."""
    away = np.zeros(len(feeder.customers), dtype=bool)
    own = feeder.customers.table != TABLE
    away[own] = register_of(feeder, settings).stays_away
    return away
