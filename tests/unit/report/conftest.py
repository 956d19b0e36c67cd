"""A small plan made by hand: what the report shows is known, and no other room is needed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from gridplan.assessment.figures import Headline
from gridplan.assessment.findings import Finding, Findings, Kind
from gridplan.assessment.limits import Limit
from gridplan.errors import Fault
from gridplan.measures.choice import Choice, MeasureTable
from gridplan.measures.costs import Outlay
from gridplan.measures.pareto import Pareto
from gridplan.measures.proposal import Certificate, Doubt, Metrics, Move, Proposal, Verify
from gridplan.measures.trial import MeasureResult
from gridplan.network.customers import Customers
from gridplan.network.feeder import Feeder, Lines, Nodes, OutgoingCircuits, Source, Transformer
from gridplan.outcome import Outcome, Precision
from gridplan.plan import Plan, Verdict
from gridplan.powerflow.results import Elements, SweepResult

SCENARIOS = ("expected", "cold_snap")
N_DRAW, N_STEP = 4, 192
EVIL = "<script>alert('x')</script>"


def make_feeder(*, coordinates: bool = True, first_name: str = EVIL) -> Feeder:
    """Four poles in a row with one home each on a, b, c, a; the busbar is node 1."""
    n = 10
    x = (
        np.array([0, 0, 40, 80, 120, 160, 40, 80, 120, 160.0])
        if coordinates
        else np.full(n, np.nan)
    )
    y = np.array([0, 0, 0, 0, 0, 0, 15, -15, 15, -15.0]) if coordinates else np.full(n, np.nan)
    names = ["mv", "busbar", "杆1", "P2", "P3", "P4", first_name, "H2", "H3", "H4"]
    parent = [-1, -1, 0, 1, 2, 3, 4, 5, 6, 7]
    nodes = Nodes(
        name=names,
        bus=np.arange(n),
        nominal_v=np.where(np.arange(n) == 0, 5774.0, 231.0),
        parent_line=parent,
        x=x,
        y=y,
        wires=np.tile([True, True, True, False], (n, 1)),
    )
    m = 8
    lines = Lines(
        name=[f"L{i}" for i in range(m)],
        std_type=["JKLYJ"] * m,
        row=np.arange(m),
        from_node=[1, 2, 3, 4, 2, 3, 4, 5],
        to_node=[2, 3, 4, 5, 6, 7, 8, 9],
        length_m=[40.0] * 4 + [15.0] * 4,
        z_ohm=np.tile(np.eye(3) * (0.03 + 0.01j), (m, 1, 1)),
        y_s=np.zeros((m, 3, 3)),
        wires=np.ones((m, 3), dtype=bool),
        neutral_open=np.zeros(m, dtype=bool),
        ampacity_a=np.full(m, 100.0),
        neutral_ampacity_a=np.full(m, np.nan),
        section=["main"] * 4 + ["service"] * 4,
        circuit=np.zeros(m, dtype=int),
    )
    return Feeder(
        name="hamlet <b>",
        nodes=nodes,
        lines=lines,
        circuits=OutgoingCircuits(
            name=["F1"], protection_a=[63.0], rcd_ma=[100.0], leakage_ma=[12.0]
        ),
        transformer=_transformer(),
        source=Source(node=0, vm_pu=1.0, va_degree=0.0, z1_ohm=0j, z2_ohm=0j, z0_ohm=0j),
        customers=_customers(),
        notes=(
            Fault(
                code="phase",
                where="asymmetric_load",
                what=f"inferred {EVIL}",
                severity="note",
                rows=4,
            ),
        ),
    )


def _transformer() -> Transformer:
    return Transformer(
        name="T",
        std_type="S9-30",
        hv_node=0,
        lv_node=1,
        sn_kva=30.0,
        vn_hv_kv=10.0,
        vn_lv_kv=0.4,
        vector_group="Yyn0",
        shift_degree=0.0,
        vk_percent=4.0,
        vkr_percent=2.0,
        vk0_percent=40.0,
        vkr0_percent=10.0,
        mag0_percent=10000.0,
        mag0_rx=0.0,
        si0_hv_partial=0.9,
        pfe_kw=0.13,
        i0_percent=2.1,
    )


def _customers() -> Customers:
    share = np.eye(3)[[0, 1, 2, 0]]
    n = 4
    return Customers(
        id=["=cmd|'/c calc'!A1", "u2", "u3", "u4"],
        node=[6, 7, 8, 9],
        p_share=share,
        q_share=share,
        wiring=["wye"] * n,
        kind=["resident"] * n,
        p_kw=[1.0, 1.0, 1.0, 2.0],
        q_kvar=[0.3] * n,
        const_z=[0.0] * n,
        const_i=[0.0] * n,
        unit=np.arange(n),
        unit_names=["=box", "B2", "B3", "B4"],
        may_move=[True] * n,
        phase_confidence=[1.0] * n,
        priority=[False] * n,
        meter_a=[np.nan] * n,
        table=["asymmetric_load"] * n,
        row=np.arange(n),
    )


def make_sweep(scale: float = 1.0, *, unsolved: int = 0) -> SweepResult:
    """Two days with an evening peak; draws differ by a few per cent."""
    rng = np.random.default_rng(1)
    hours = np.arange(N_STEP) / 4
    shape = 0.4 + 0.6 * np.exp(-(((hours % 24) - 19) ** 2) / 6)
    draws = 1 + 0.1 * rng.standard_normal((len(SCENARIOS), N_DRAW, 1))
    level = np.array([30.0, 38.0])[:, None, None] * scale * draws * shape
    phases = level[..., None] * np.array([1.2, 0.9, 0.6])
    status = np.zeros(level.shape, dtype=np.uint8)
    status.reshape(-1)[:unsolved] = 1
    bad = status > 0
    phases[bad] = np.nan
    blank = np.where(bad, np.nan, level)
    customer = np.zeros((len(SCENARIOS), N_DRAW, 4))
    element = np.full((len(SCENARIOS), N_DRAW, 1), 120.0 * scale)
    return SweepResult(
        feeder_name="hamlet",
        scenarios=SCENARIOS,
        n_draw=N_DRAW,
        times=np.datetime64("2027-02-05T00:00", "m") + np.arange(N_STEP) * np.timedelta64(15, "m"),
        step_minutes=15.0,
        i_phase_a=phases,
        i_neutral_a=0.5 * blank,
        s_kva=0.66 * blank,
        v_min_v=230 - blank,
        v_max_v=231 + 0 * blank,
        vuf_percent=0.02 * blank,
        line_loading_percent=blank,
        loss_kw=0.01 * blank,
        status=status,
        residual_pu=np.where(bad, np.nan, 1e-9),
        v_low_v=198.0,
        v_high_v=235.4,
        customer_ids=_customers().id,
        customer_circuit=np.zeros(4, dtype=int),
        low_h=customer,
        low_run_h=customer,
        high_h=customer,
        high_run_h=customer,
        customer_v_min_v=customer,
        customer_v_max_v=customer,
        customer_v_min_step=customer,
        elements=Elements(kind=["line"], name=["L0"], limit_a=[100.0], circuit=[0]),
        element_max_percent=element,
        element_run_h=np.zeros_like(element),
        element_step=np.zeros_like(element),
        element_phase_percent=np.zeros((*np.shape(element), 3)),
        seconds=0.5,
    )


def make_finding(probability: float, tier: str = "act") -> Finding:
    limit = Limit(
        value=100.0, unit="% of In", min_duration_h=2.0, source="rule <x>", status="V", tier=tier
    )
    return Finding(
        kind=Kind.PHASE_OVERLOAD,
        scenario="expected",
        element="transformer",
        phase="a",
        tier=tier,
        probability=probability,
        probability_low=0.0,
        probability_high=1.0,
        first="2027-02-05T18:15",
        worst_at="2027-02-05T19:00",
        longest_h=np.inf,
        worst=131.0,
        typical=float("nan"),
        limit=limit,
        evidence={"customers": [EVIL], "share": 0.5},
    )


def _metrics(objective: float) -> Metrics:
    return Metrics(
        objective=objective,
        objective_unit="A",
        peak_current_a=objective,
        peak_neutral_a=20.0,
        lowest_v=190.0,
        loss_kw=0.5,
        unsolved=0,
    )


def make_pareto() -> Pareto:
    return Pareto(
        value_unit="of the limit",
        max_moves=[0, 1, 2],
        value=[2.0, 1.0, 0.9],
        worst_violation=[1.8, 1.4, 1.4],
        expected_excess=[0.5, 0.3, 0.3],
        peak_current_a=[50.0, 40.0, 31.0],
        peak_neutral_a=[30.0, 20.0, 19.0],
        moves=[0, 1, 2],
        poles=[0, 1, 1],
        windows=[0, 1, 1],
        crew_hours=[0.0, 0.85, 1.0],
        knee=2,
    )


def make_proposal() -> Proposal:
    moves = (
        Move(
            order=2,
            window=1,
            unit="B4",
            customer_ids=("u4",),
            node="P4",
            circuit="F1",
            from_phase="a",
            to_phase="c",
            permutation=(2, 0, 1),
        ),
        Move(
            order=1,
            window=1,
            unit="=box",
            customer_ids=("=cmd|'/c calc'!A1",),
            node=EVIL,
            circuit="F1",
            from_phase="a",
            to_phase="b",
            permutation=(1, 2, 0),
        ),
    )
    certificate = Certificate(
        bound=30.0,
        mip_gap_percent=0.0,
        linearisation_gap_percent=0.4,
        scenario_gap_percent=float("nan"),
        bound_gap_percent=3.2,
        cannot_help=False,
        shortfall_kva=0.0,
        floor_unbalance_percent=12.0,
        sentence="At most 1 A better is possible.",
    )
    return Proposal(
        objective="violations",
        phases=["b", "b", "c", "c"],
        moves=moves,
        before=_metrics(50.0),
        after=_metrics(31.0),
        certificate=certificate,
        baseline=_metrics(34.0),
        baseline_moves=moves[:1],
        pareto=make_pareto(),
        poles=1,
        crew_hours=1.0,
        between="after B4: likelier than today: low_voltage F2",
        doubt=Doubt(
            label_draws=50,
            probability_helps=0.9,
            expected_before=2.0,
            expected_after=1.0,
            verify=(Verify(unit="B4", customer_ids=("u4",), confidence=0.6, value=0.1),),
        ),
    )


def make_outcome(feeder: Feeder, probability: float, scale: float, unsolved: int = 0) -> Outcome:
    figures = {
        "peak_loading_percent": 104.0 * scale,
        "peak_load_rate_percent": 82.0 * scale,
        "peak_neutral_percent": 44.0 * scale,
        "lowest_voltage_v": 183.0 / scale,
        "hot_spot_c": 88.0 * scale,
        "loss_of_life_h": 3.0 * scale,
        "harm_h": 120.0 * scale,
    }
    return Outcome(
        feeder=feeder,
        sweep=make_sweep(scale, unsolved=unsolved),
        findings=Findings(
            feeder_name=feeder.name,
            items=(make_finding(probability), make_finding(1.0, "watch")) if probability else (),
            not_assessed=("neutral ampacity unknown for 8 lines",),
        ),
        headline=Headline(**figures, by_scenario={name: figures for name in SCENARIOS}),
    )


def make_option(nothing: MeasureResult) -> MeasureResult:
    """A tap that clears one scenario, must go back in April, and is dominated."""
    return replace(
        nothing,
        label=f"tap {EVIL}",
        action="tap",
        steps=(f"tap {EVIL}",),
        details=(f"off-load {EVIL}",),
        remaining={"expected": (), "cold_snap": (make_finding(0.2),)},
        probabilities={("phase_overload", "expected", "transformer"): (0.9, 0.0)},
        days_per_draw=4,
        outlay=Outlay(
            cost_cny=760.0,
            crew_h=1.2,
            lead_days=1.0,
            outage_customer_h=2.7,
            outage_min=40.0,
            placeholder_percent=100.0,
            items=(("tap_change", 1.0, "change", 0.0, "A", "2026-11", f"placeholder {EVIL}"),),
        ),
        year_round=(f"high voltage on F1 {EVIL}",),
        revert_by="2027-02-22",
        order_by="2027-01-25",
        open_question=f"who? {EVIL}",
        dominated_by="nothing",
    )


#: Reached, as no precision was asked for.
UNASKED = Precision(
    wanted=None, half_width=0.34, finding=("overload", "expected", "transformer"), draws=4,
    max_draws=5000,
)  # fmt: skip


def make_plan(feeder: Feeder, *, unsolved: int = 0, precision: Precision = UNASKED) -> Plan:
    before = make_outcome(feeder, 0.9, 1.0, unsolved)
    after = make_outcome(feeder, 0.0, 0.7)
    figures = {name: before.headline.by_scenario[name] for name in SCENARIOS}
    measure = MeasureResult(
        label="nothing",
        action="none",
        steps=(),
        details=(),
        probabilities={("phase_overload", "expected", "transformer"): (0.9, 0.9)},
        remaining={"expected": tuple(before.findings), "cold_snap": ()},
        cleared={"expected": (), "cold_snap": ()},
        headline=figures,
        rises=(),
        accept_probability=0.05,
        sweep_cases=10,
    )
    settings = SimpleNamespace(accept_probability=0.05)
    return Plan(
        study=SimpleNamespace(
            name="festival",
            title="Festival 2027",
            measures=settings,
            forecast=SimpleNamespace(
                period=SimpleNamespace(festival_year=2027), register_path=lambda _: None
            ),
        ),
        before=before,
        after=after,
        proposal=make_proposal(),
        measures=MeasureTable(
            results=(measure, make_option(measure)),
            choices=(
                Choice(scenario="expected", label=f"tap {EVIL}", action="tap", reason="cheapest"),
                Choice(scenario="cold_snap", label=None, action="beyond", reason="nothing tried"),
            ),
        ),
        verdicts=(
            Verdict(scenario="expected", action="move", sentence="move =box a -> b"),
            Verdict(scenario="cold_snap", action="none", sentence="no action"),
        ),
        verdict=f"move two boxes {EVIL}",
        precision=precision,
        provenance={"gridplan": "0.1.0", "sha256": {"study": None}},
        seconds={"today": 0.5},
    )


@pytest.fixture(scope="session")
def feeder() -> Feeder:
    return make_feeder()


@pytest.fixture(scope="session")
def plan(feeder: Feeder) -> Plan:
    return make_plan(feeder, unsolved=5)


@pytest.fixture(scope="session")
def bare_feeder() -> Feeder:
    return make_feeder(coordinates=False)


@pytest.fixture(scope="session")
def unsolved_sweep() -> Callable[[], SweepResult]:
    return lambda: make_sweep(unsolved=len(SCENARIOS) * N_DRAW * N_STEP)
