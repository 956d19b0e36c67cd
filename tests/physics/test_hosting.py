"""Hosting capacity: a little less keeps every rule, a little more breaks one, on exact flows."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from gridplan.assessment.limits import limits_named
from gridplan.assessment.rules import assess
from gridplan.demand.cases import Demand
from gridplan.demand.pending import PendingConnection, with_pending
from gridplan.demand.profiles import tan_phi
from gridplan.errors import InputError
from gridplan.measures.hosting import WAYS, hosting_capacity, poles
from gridplan.measures.measure import Area
from gridplan.measures.request import with_connection
from gridplan.network.feeder import Feeder
from gridplan.powerflow.direct import solve
from gridplan.powerflow.sweep import run_sweep
from tests.unit.measures.festival import demand, village
from tests.villages import evenings, random_village, transformer

LIMITS = limits_named("cn-default")


def breaks(feeder: Feeder, p_kw: np.ndarray, q_kvar: np.ndarray) -> bool:
    """Whether some case breaks a rule to act on, by the public power flow and the rules' words."""
    flow = solve(feeder, p_kw, q_kvar)
    trafo = feeder.area_transformer
    if not flow.converged.all():
        return True
    low = np.abs(flow.customer_v) < LIMITS.low_voltage.value
    neutral = LIMITS.neutral(yyn=trafo.has_yyn_core)
    busbar = flow.vm_v[:, feeder.busbar]
    most_kva = (busbar * flow.i_transformer_a).sum(axis=1) / 1e3  # currents in phase: at least S
    rules = [
        low.any(),
        (flow.i_transformer_a > trafo.rated_a * LIMITS.phase_overload.value / 100).any(),
        neutral.tier == "act" and (flow.i_neutral_a > trafo.rated_a * neutral.value / 100).any(),
        (most_kva > trafo.sn_kva * LIMITS.overload.value / 100).any(),
    ]
    return bool(any(rules))


@pytest.mark.parametrize("seed", range(4))
def test_just_below_passes_and_just_above_fails(seed: int) -> None:
    """On snapshots, each a draw that may break no rule."""
    feeder = random_village(seed, "Dyn11", n_home=8)
    feeder = replace(feeder, transformer=replace(feeder.area_transformer, sn_kva=50.0))
    p_kw, q_kvar = evenings(seed, 10, 8)
    drawn = Demand.from_arrays(0.5 * p_kw, 0.5 * q_kvar, customer_ids=feeder.customers.id)
    assert not breaks(feeder, 0.5 * p_kw, 0.5 * q_kvar), "nothing is wrong today"
    found = hosting_capacity(feeder, drawn, LIMITS)
    assert found.node.tolist() == poles(feeder)
    assert found.phases == WAYS
    tangent = float(tan_phi(np.array([0.9]))[0])
    for at, way in ((0, 0), (len(found) - 1, 1), (len(found) - 1, 3), (len(found) // 2, 2)):
        kw = found.kw[at, way]
        assert 0 < kw < found.max_kw
        assert found.limited_by[at, way]
        one = PendingConnection(
            name="new", network="", node=str(found.node[at]), kw=1.0, phases=WAYS[way]
        )
        then = with_pending(feeder, [one])
        for size, expected in ((0.999 * kw, False), (kw * 1.011 + 0.06, True)):
            own = np.full((10, 1), size)
            p, q = np.hstack([0.5 * p_kw, own]), np.hstack([0.5 * q_kvar, own * tangent])
            assert breaks(then, p, q) == expected, (found.node[at], WAYS[way], kw, size)


def test_three_phases_take_more_than_one_and_a_far_pole_no_more_than_a_near_one() -> None:
    today = village()
    found = hosting_capacity(today, demand(today, {"s": 1.0}), LIMITS)
    assert (found.kw[:, 3] >= found.kw[:, :3].min(axis=1)).all()
    first, last = 1, 5  # poles of the long circuit, the busbar is the first of all
    assert (found.kw[last] <= found.kw[first] + 0.1).all()


@pytest.mark.parametrize(
    ("group", "sn_kva", "level", "margin"),
    [
        ("Dyn11", 30.0, 1.2, 0.03),
        ("Dyn11", 30.0, 2.0, 0.05),
        ("Dyn11", 400.0, 1.0, 0.05),
        ("Yyn0", 60.0, 1.2, 0.05),
    ],
)
def test_over_days_the_rules_agree_with_the_full_sweep(
    group: str, sn_kva: float, level: float, margin: float
) -> None:
    """Deciding cases stand for all steps: an assessment of all of them says nearly the same.

    With nothing wrong today, with an overload in most draws, where voltage is the limit, and where
    the neutral is.
    """
    today = village(sn_kva)
    if group == "Yyn0":  # the neutral decides
        today = replace(today, transformer=transformer("Yyn0", sn_kva=sn_kva))
    if sn_kva > 100:  # thin lines
        today = replace(today, lines=replace(today.lines, z_ohm=4 * today.lines.z_ohm))
    drawn = demand(today, {"s": level}, n_draw=12)
    before = assess(today, run_sweep(today, drawn), LIMITS)
    name = poles(today)[4]
    found = hosting_capacity(today, drawn, LIMITS, nodes=[name])
    if sn_kva > 100:
        assert all("voltage" in rule for rule in found.limited_by[0])
    if group == "Yyn0":
        assert "neutral" in found.limited_by[0]
    for way, phases in enumerate(WAYS):
        verdicts = []
        kw = found.kw[0, way]
        for size in (max((1 - min(margin, 0.05)) * kw - 0.05, 0.01), (1 + margin) * kw + 0.06):
            one = PendingConnection(name="new", network="", node=name, kw=size, phases=phases)
            then = with_connection(Area(feeder=today, demand=drawn), one)
            after = assess(then.feeder, run_sweep(then.feeder, then.demand), LIMITS)
            verdicts.append(
                any(
                    item.tier == "act"
                    and item.probability > max(0.05, before.probability(item.key))
                    for item in after
                )
            )
        assert verdicts == [False, True], (phases, kw)


def test_hours_count_only_where_the_load_draws() -> None:
    """At night there is more room than in the evening."""
    today = village()
    drawn = demand(today, {"s": 1.6})
    names = poles(today)[2:3]

    def room(first: int, last: int) -> np.ndarray:
        like = PendingConnection(
            name="x", network="", node="", kw=1.0, phases="a", first=4 * first, last=4 * last
        )
        return hosting_capacity(today, drawn, LIMITS, nodes=names, like=like).kw

    assert (room(1, 5) > 1.2 * room(17, 21)).all()
    assert room(17, 21) == pytest.approx(room(0, 24), rel=0.03)


def test_a_limit_of_what_is_asked_and_names_that_are_not_there() -> None:
    today = village(sn_kva=400.0)
    drawn = demand(today, {"s": 0.3})
    found = hosting_capacity(today, drawn, LIMITS, nodes=[poles(today)[0]], max_kw=5.0)
    assert (found.kw == 5.0).all()
    assert (found.limited_by == "").all()
    row = found.to_records()[0]
    assert row["kw_abc"] == 5.0
    with pytest.raises(InputError, match="no such low-voltage node"):
        hosting_capacity(today, drawn, LIMITS, nodes=["nowhere"])
