"""What a power flow gives back: ``PowerFlowResult`` for bare cases, ``SweepResult`` for a study."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from gridplan.demand.cases import Demand
from gridplan.errors import NoSolutionError
from gridplan.frozen import (
    BoolArray,
    ComplexArray,
    Float32Array,
    FloatArray,
    IntArray,
    Shape,
    StrArray,
    own_fields,
)
from gridplan.network.feeder import Feeder

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

    from gridplan.powerflow.direct import WorkOut
    from gridplan.powerflow.state import State

#: What a ``SweepResult`` holds as float32: series (scenario, draw, step), then summaries (scenario,
#: draw, customer) and (scenario, draw, element).
SERIES = (
    "i_neutral_a",
    "s_kva",
    "v_min_v",
    "v_max_v",
    "vuf_percent",
    "line_loading_percent",
    "loss_kw",
    "residual_pu",
)
OF_CUSTOMER = (
    "low_h",
    "low_run_h",
    "high_h",
    "high_run_h",
    "customer_v_min_v",
    "customer_v_max_v",
)
OF_ELEMENT = ("element_max_percent", "element_run_h")


class Status(IntEnum):
    """How a case ended."""

    SOLVED = 0
    NO_SOLUTION = 1  #: beyond the nose of the PV curve: the network cannot deliver this demand
    RESIDUAL = 2  #: the solver stopped, but Kirchhoff's laws do not hold: the numbers are withheld


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PowerFlowResult:
    """Solved cases of one feeder; unsolved ones are NaN with ``converged`` False.

    Attributes
    ----------
    node_names : str (node,)
    nominal_v : float (node,) -- nominal phase-to-neutral voltage [V]
    i_transformer_a : float (case, 3) -- LV line currents of the transformer, without one the
        source's [A]
    i_neutral_a : float (case,) -- LV neutral current of the transformer [A]
    loss_kw : float (case,) -- lines and transformer [kW]; as OpenDSS counts, without groundings,
        shunts and the source's internal impedance
    converged : bool (case,)
    n_iter : int (case,)
    work_out : works out all nodes' voltages and the residuals, when they are first asked for
    """

    node_names: StrArray
    nominal_v: FloatArray
    i_transformer_a: FloatArray
    i_neutral_a: FloatArray
    loss_kw: FloatArray
    converged: BoolArray
    n_iter: IntArray
    work_out: WorkOut = field(repr=False)

    def __post_init__(self) -> None:
        own_fields(
            self,
            {
                "node_names": (np.str_, ("node",)),
                "nominal_v": (np.float64, ("node",)),
                "i_transformer_a": (np.float64, ("case", 3)),
                "i_neutral_a": (np.float64, ("case",)),
                "loss_kw": (np.float64, ("case",)),
                "converged": (np.bool_, ("case",)),
                "n_iter": (np.int64, ("case",)),
            },
            {},
        )

    def __repr__(self) -> str:
        unsolved = int((~self.converged).sum())
        return f"<PowerFlowResult: {len(self.converged)} cases, {unsolved} without a solution>"

    @property
    def load_v(self) -> ComplexArray:
        """Voltages (case, load) as they were solved for [V].

        A load is a customer on one of its phases (in delta: branches), customer by customer.
        """
        return self.work_out.flows.v.T

    @property
    def customer_v(self) -> ComplexArray:
        """The same as (case, customer, 3), NaN where a customer is not connected [V].

        Phase to neutral, in delta between phases ab, bc, ca.
        """
        return self.work_out.customer_voltages()

    @property
    def vm_v(self) -> FloatArray:
        """Voltage magnitudes (case, node, 3) to neutral [V]; to earth where there is no neutral."""
        return self.work_out.magnitudes()[0]

    @property
    def vm_pu(self) -> FloatArray:
        """``vm_v`` over each node's nominal phase voltage (case, node, 3)."""
        return self.vm_v / self.nominal_v[None, :, None]

    @property
    def vn_v(self) -> FloatArray:
        """Neutral-to-earth voltages (case, node) [V], NaN where a node has no neutral."""
        return self.work_out.magnitudes()[1]

    @property
    def residual_pu(self) -> FloatArray:
        """Largest violation of Kirchhoff's laws (case,), from the network's own data.

        See ``powerflow.residuals``.
        """
        return self.work_out.residuals()

    def state(self, cases: Sequence[int] | None = None) -> State:
        """Every node, line, transformer and customer of some cases, default all, as tables."""
        return self.work_out.state(range(len(self.converged)) if cases is None else cases)

    def raise_for_status(self) -> PowerFlowResult:
        """Return self, or raise ``NoSolutionError`` when a case has no solution."""
        bad = np.flatnonzero(~self.converged)
        if bad.size:
            raise NoSolutionError(
                f"{bad.size} of {len(self.converged)} cases have no solution, "
                f"first case {bad[0]}: lower the demand"
            )
        return self


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Elements:
    """The current-limited elements in series between the transformer and each customer.

    Attributes
    ----------
    kind : str (element,) -- "circuit" (fuse or breaker), "line", "neutral", "service", "meter"
    name : str (element,) -- outgoing circuit, line or customer
    limit_a : float (element,) -- ampacity or rated current [A]; elements without one are left out
    circuit : int (element,) -- its outgoing circuit
    """

    kind: StrArray
    name: StrArray
    limit_a: FloatArray
    circuit: IntArray

    def __post_init__(self) -> None:
        one = ("element",)
        own_fields(
            self,
            {
                "kind": (np.str_, one),
                "name": (np.str_, one),
                "limit_a": (np.float64, one),
                "circuit": (np.int64, one),
            },
            {},
        )

    def __len__(self) -> int:
        return len(self.name)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SweepResult:
    """All cases of a study on one feeder.

    Series are (scenario, draw, step); summaries are (scenario, draw, ...) over the steps of a draw.
    Unsolved cases are NaN in every series and count as a violation in every run (``*_run_h``) and
    total (``*_h``). Runs and totals are in hours; for snapshots (``step_minutes`` 0) a violation
    lasts "for ever" (inf).

    Attributes
    ----------
    scenarios, n_draw, times, step_minutes : as in ``Demand``
    i_phase_a : (scenario, draw, step, 3) -- LV line currents of the transformer [A]
    i_neutral_a : (scenario, draw, step) -- LV neutral current of the transformer [A]
    s_kva : (scenario, draw, step) -- apparent power at the transformer's LV terminals [kVA]
    v_min_v, v_max_v : (scenario, draw, step) -- lowest and highest phase-to-neutral voltage at a
        customer that draws something [V], NaN where none does
    vuf_percent : (scenario, draw, step) -- negative over positive sequence voltage at the LV busbar
        [%]
    line_loading_percent : (scenario, draw, step) -- highest line phase current over its ampacity
        [%], NaN without ampacities
    loss_kw : (scenario, draw, step) -- lines and transformer [kW]
    status : uint8 (scenario, draw, step) -- ``Status``
    residual_pu : (scenario, draw, step) -- independent Kirchhoff check of a sample of the cases,
        NaN for the others
    v_low_v, v_high_v : the band that customers are watched against [V]
    customer_ids : str (customer,); customer_circuit : int (customer,)
    low_h, low_run_h, high_h, high_run_h : (scenario, draw, customer) -- hours below / above the
        band, in total and longest run
    customer_v_min_v, customer_v_max_v : (scenario, draw, customer) -- extremes over the steps [V]
    customer_v_min_step : int32 (scenario, draw, customer) -- the step of the lowest voltage
    elements : the current-limited elements
    element_max_percent : (scenario, draw, element) -- highest current over the limit [%]
    element_run_h : (scenario, draw, element) -- longest run above 100 % [h]
    element_step : int32 (scenario, draw, element) -- the step of the highest current
    element_phase_percent : (scenario, draw, element, 3) -- highest current of each phase over the
        limit [%], NaN for neutrals
    seconds : wall time of the sweep [s]
    feeder, demand : what was swept, None for results read back
    """

    feeder_name: str
    scenarios: tuple[str, ...]
    n_draw: int
    times: npt.NDArray[np.datetime64]
    step_minutes: float
    i_phase_a: Float32Array
    i_neutral_a: Float32Array
    s_kva: Float32Array
    v_min_v: Float32Array
    v_max_v: Float32Array
    vuf_percent: Float32Array
    line_loading_percent: Float32Array
    loss_kw: Float32Array
    status: npt.NDArray[np.uint8]
    residual_pu: Float32Array
    v_low_v: float
    v_high_v: float
    customer_ids: StrArray
    customer_circuit: IntArray
    low_h: Float32Array
    low_run_h: Float32Array
    high_h: Float32Array
    high_run_h: Float32Array
    customer_v_min_v: Float32Array
    customer_v_max_v: Float32Array
    customer_v_min_step: npt.NDArray[np.int32]
    elements: Elements
    element_max_percent: Float32Array
    element_run_h: Float32Array
    element_step: npt.NDArray[np.int32]
    element_phase_percent: Float32Array
    seconds: float
    feeder: Feeder | None = field(default=None, repr=False)
    demand: Demand | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        series = ("scenario", "draw", "step")
        customer = ("scenario", "draw", "customer")
        element = ("scenario", "draw", "element")
        sizes = {
            "scenario": len(self.scenarios),
            "draw": self.n_draw,
            "element": len(self.elements),
        }
        layout: dict[str, tuple[npt.DTypeLike, Shape]] = {
            "times": ("datetime64[m]", ("step",)),
            "i_phase_a": (np.float32, (*series, 3)),
            "status": (np.uint8, series),
            "customer_ids": (np.str_, ("customer",)),
            "customer_circuit": (np.int64, ("customer",)),
            "customer_v_min_step": (np.int32, customer),
            "element_step": (np.int32, element),
            "element_phase_percent": (np.float32, (*element, 3)),
        }
        layout |= dict.fromkeys(SERIES, (np.float32, series))
        layout |= dict.fromkeys(OF_CUSTOMER, (np.float32, customer))
        layout |= dict.fromkeys(OF_ELEMENT, (np.float32, element))
        own_fields(self, layout, sizes)

    @property
    def n_case(self) -> int:
        """Number of cases."""
        return self.status.size

    @property
    def not_converged(self) -> int:
        """Number of cases without a solution."""
        return int((self.status != Status.SOLVED).sum())

    @property
    def max_residual_pu(self) -> float:
        """Largest independent residual over the cases that were checked [pu]."""
        checked = self.residual_pu[np.isfinite(self.residual_pu)]
        return float(checked.max()) if checked.size else float("nan")

    @property
    def unbalance_percent(self) -> Float32Array:
        """(Imax - Imin) / Imax, the formula of the operation rules (scenario, draw, step) [%]."""
        high = self.i_phase_a.max(axis=-1)
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.where(high > 0, 100 * (high - self.i_phase_a.min(axis=-1)) / high, 0 * high)

    @property
    def deviation_percent(self) -> Float32Array:
        """max|I - Imean| / Imean, the formula of IEEE and NEMA (scenario, draw, step) [%]."""
        mean = self.i_phase_a.mean(axis=-1)
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.where(
                mean > 0,
                100 * np.abs(self.i_phase_a - mean[..., None]).max(axis=-1) / mean,
                0 * mean,
            )

    def __repr__(self) -> str:
        return (
            f"<SweepResult {self.feeder_name}: {self.n_case:,} cases in {self.seconds:.1f} s, "
            f"{self.not_converged:,} without a solution, "
            f"highest phase current {np.nanmax(self.i_phase_a):.1f} A>"
        )

    def state(self, cases: Sequence[tuple[str | int, int, int]]) -> State:
        """Every node, line, transformer and customer of chosen cases, as tables.

        ``cases`` are (scenario by name or number, draw, step). Solved again from the same demand.
        """
        from gridplan.powerflow.state import sweep_state

        return sweep_state(self, cases)

    def to_frame(self) -> pd.DataFrame:
        """The series as a table indexed by scenario, draw, time."""
        from gridplan.powerflow.frames import sweep_frame

        return sweep_frame(self)

    def to_xarray(self) -> xr.Dataset:
        """Series and summaries as a labelled data set."""
        from gridplan.powerflow.frames import sweep_dataset

        return sweep_dataset(self)
