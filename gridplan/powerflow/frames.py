"""Sweep results as pandas tables and xarray data sets, loaded only when asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gridplan.frozen import FloatArray, IntArray
from gridplan.powerflow.results import OF_CUSTOMER, OF_ELEMENT, SERIES

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

    from gridplan.powerflow.results import SweepResult

#: What a table shows of every case: what is measured, what is derived from it, and how it ended.
_SHOWN = (*SERIES, "unbalance_percent", "deviation_percent", "status")


def sweep_frame(sweep: SweepResult) -> pd.DataFrame:
    """One row per case, indexed by scenario, draw and time."""
    import pandas as pd

    index = pd.MultiIndex.from_product(
        [sweep.scenarios, range(sweep.n_draw), sweep.times.astype("datetime64[ns]")],
        names=["scenario", "draw", "time"],
    )
    phases = sweep.i_phase_a.reshape(-1, 3)
    columns = {f"i_{name}_a": phases[:, position] for position, name in enumerate("abc")}
    columns |= {name: np.asarray(getattr(sweep, name)).ravel() for name in _SHOWN}
    return pd.DataFrame(columns, index=index)


def sweep_dataset(sweep: SweepResult) -> xr.Dataset:
    """Series, customer and element summaries with their axes named."""
    import xarray as xr

    cases = ("scenario", "draw")
    variables: dict[str, tuple[tuple[str, ...], np.ndarray]] = {
        "i_phase_a": ((*cases, "step", "phase"), sweep.i_phase_a)
    }
    variables |= {name: ((*cases, "step"), getattr(sweep, name)) for name in _SHOWN}
    variables |= {name: ((*cases, "customer"), getattr(sweep, name)) for name in OF_CUSTOMER}
    variables |= {name: ((*cases, "element"), getattr(sweep, name)) for name in OF_ELEMENT}
    variables["element_phase_percent"] = (
        (*cases, "element", "phase"),
        sweep.element_phase_percent,
    )
    coordinates = {
        "scenario": list(sweep.scenarios),
        "step": sweep.times.astype("datetime64[ns]"),
        "phase": list("abc"),
        "customer": sweep.customer_ids,
        "element": [
            f"{kind} {name}"
            for kind, name in zip(sweep.elements.kind, sweep.elements.name, strict=True)
        ],
    }
    return xr.Dataset(
        variables,
        coords=coordinates,
        attrs={"feeder": sweep.feeder_name, "step_minutes": sweep.step_minutes},
    )


def case_frame(
    cases: IntArray, names: np.ndarray, axis: str, columns: dict[str, FloatArray]
) -> pd.DataFrame:
    """Columns (case, element) as a table indexed by case and element."""
    import pandas as pd

    index = pd.MultiIndex.from_product([cases.tolist(), names.tolist()], names=["case", axis])
    return pd.DataFrame({name: values.ravel() for name, values in columns.items()}, index=index)
