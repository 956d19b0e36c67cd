"""Which measures are drawn up for a situation, and which of them go together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gridplan.assessment.findings import Kind
from gridplan.measures.battery import battery_measures
from gridplan.measures.conductors import parallel_measures, reconductoring_measures
from gridplan.measures.generator import generator_measures
from gridplan.measures.measure import Area, Measure, on_feeder
from gridplan.measures.proposal import Proposal
from gridplan.measures.reactive import capacitor_measures, svg_measures
from gridplan.measures.services import switching_measures, three_phase_measures
from gridplan.measures.situation import Situation
from gridplan.measures.splitting import split_measures, transfer_measures
from gridplan.measures.transformers import (
    rotation_measures,
    series_measures,
    tap_measures,
    uprating_measures,
)
from gridplan.network.feeder import Feeder

#: Options are some measures done together, in this order.
Option = tuple[Measure, ...]
#: Kind and element of a finding.
Part = tuple[str, str]

#: A label names so many moves at most.
_MOVES_NAMED = 2
#: Kinds of series elements that heavier main conductors relieve.
_LINE_KINDS = ("line", "neutral", "circuit")
#: Kinds that stay, can be ordered, and leave the area one area: they may be combined.
_COMBINED = (
    "tap", "three_phase", "switching", "reconductor", "parallel", "capacitor", "svg", "series",
    "uprate",
)  # fmt: skip
#: Kinds that exclude each other: one transformer, one way to strengthen a line.
_EXCLUSIVE = (("series", "uprate", "rotate"), ("reconductor", "parallel"), ("svg", "switching"))
#: What is tried without the moves too, to show what they are worth.
ALONE = ("tap", "reconductor", "uprate")


def move_measure(feeder: Feeder, proposal: Proposal) -> Measure:
    """The proposed phase moves as one measure."""
    moves = proposal.moves
    if len(moves) > _MOVES_NAMED:
        label = f"{len(moves)} moves"
    else:
        named = [f"{move.unit} {move.from_phase} -> {move.to_phase}" for move in moves]
        label = f"move {', '.join(named)}"
    circuits = {move.circuit for move in moves}
    names = feeder.circuits.name.tolist()
    out = sum(
        int((feeder.customer_circuit == names.index(name)).sum())
        for name in circuits
        if name in names
    )
    return Measure(
        kind="move",
        label=label,
        place=", ".join(sorted(circuits)),
        quantity=len(moves),
        unit="unit",
        detail="; ".join(f"{m.unit} at {m.node} {m.from_phase} -> {m.to_phase}" for m in moves),
        change=on_feeder(lambda target: target.with_phases(proposal.phase_moves)),
        work={"visit": 1, "phase_move": len(moves)},
        customers_out=out,
        needs=("phases measured before, residual-current devices tested after",),
    )


def single_options(situation: Situation, neighbours: Mapping[str, Area]) -> list[Option]:
    """Every measure that the study offers for a situation, each by itself.

    Staggering is left out: it is looked for by how much of it would be needed.
    """
    feeder, settings = situation.feeder, situation.settings
    larger = uprating_measures(feeder)
    single: list[Measure] = [
        *tap_measures(feeder),
        *three_phase_measures(situation),
        *switching_measures(situation),
        *capacitor_measures(situation),
        *svg_measures(situation),
        *rotation_measures(feeder, larger, settings.neighbours_of(feeder.name)),
        *series_measures(feeder),
        *larger,
        *transfer_measures(situation, neighbours),
        *split_measures(situation),
        *battery_measures(situation),
        *generator_measures(situation),
    ]
    options: list[Option] = [(measure,) for measure in single]
    for lines in (reconductoring_measures, parallel_measures):
        found = lines(feeder, settings.conductor, customer_kw=situation.peak_kw)
        if chosen := _for_circuits(situation, found):
            options.append(chosen)
    return [option for option in options if settings.offers(option[0].kind)]


def together(
    options: Sequence[Option], first: Option, left: Mapping[Option, Mapping[Part, float]]
) -> list[tuple[float, Option]]:
    """Options joined to a first one, with what is expected to be left to act on.

    ``left`` are the probabilities, by kind and element, of what each leaves in the scenario in
    question; that of ``()`` is the state that they start from. Where both work on the same finding,
    each is expected to take the same share of it as alone: p1 p2 / p0.
    """
    base = left[()]
    found = []
    for second in options:
        if not _combine(first, second):
            continue
        keys = set(left[first]) | set(left[second])
        expected = sum(
            left[first].get(key, 0.0) * left[second].get(key, 0.0) / max(base.get(key, 0.0), 0.01)
            for key in keys
        )
        found.append((expected, (*first, *second)))
    return found


def _combine(first: Option, second: Option) -> bool:
    """Whether two options can be done together and do not stand in each other's way."""
    one, two = ([measure.kind for measure in option] for option in (first, second))
    if not {*one, *two} <= set(_COMBINED) or set(one) & set(two):
        return False
    return not any(set(one) & set(group) and set(two) & set(group) for group in _EXCLUSIVE)


def _for_circuits(situation: Situation, found: Sequence[Measure]) -> Option:
    """Measures on the circuits whose voltage or lines are still to act on, else the first one."""
    if any(item.kind is Kind.NO_SOLUTION for item in situation.open):
        return tuple(found)
    places = set()
    for item in situation.open:
        circuit, _, kind = item.element.rpartition("/")
        if item.kind is Kind.LOW_VOLTAGE:
            places.add(item.element)
        elif item.kind is Kind.CURRENT_LIMIT and kind in _LINE_KINDS:
            places.add(circuit)
    chosen = tuple(measure for measure in found if measure.place in places)
    return chosen or tuple(found[:1])
