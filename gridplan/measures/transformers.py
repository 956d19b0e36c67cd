"""Measures at the transformer: tap, a larger one, one swapped with a neighbour, another series."""

from __future__ import annotations

from dataclasses import replace

from gridplan.measures.measure import VISIT, Change, Measure, on_feeder
from gridplan.measures.settings import Neighbour
from gridplan.network.catalogue import next_rating, transformer_types
from gridplan.network.feeder import Feeder, Transformer
from gridplan.powerflow.components import tap_voltages

#: Ratings above the present one that are offered.
_N_RATING = 2
#: Positions of the tap changer above the present voltage that are offered.
_N_TAP = 2
#: Series that is bought today where another vector group is wanted: grade 2 of GB 20052-2024, in
#: force since 2025-02-01 (status V).
MODERN_SERIES = "S20"
#: A swapped transformer must carry the peak of the area that it comes from at no more than this
#: share of its rating (the limit of heavy load).
_SWAP_PERCENT = 80.0


def tap_measures(feeder: Feeder) -> tuple[Measure, ...]:
    """The next positions of the off-load tap changer that raise the voltage, the smaller first."""
    trafo = feeder.area_transformer
    if not trafo.tap_step_percent:
        return ()
    measures = []
    for position in sorted(_positions(trafo), key=lambda tap: abs(tap - trafo.tap_pos))[:_N_TAP]:
        rise = 100 * (_no_load(replace(trafo, tap_pos=position)) / _no_load(trafo) - 1)
        measures.append(
            Measure(
                kind="tap",
                label=f"tap from {_name(trafo.tap_pos)} to {_name(position)} ({rise:+.1f} %)",
                place="transformer",
                quantity=position,
                unit="position",
                detail=f"off-load: the area is out while it is turned; {rise:+.1f} % without load",
                change=_tap_change(position),
                work={VISIT: 1, "tap_change": 1},
                customers_out=len(feeder.customers),
                needs=("measure the winding resistance or ratio on the new position",),
            )
        )
    return tuple(measures)


def _positions(trafo: Transformer) -> list[float]:
    """Positions with a higher no-load voltage than today's."""
    first, last = round(trafo.tap_min), round(trafo.tap_max)
    now = _no_load(trafo)
    return [
        float(position)
        for position in range(first, last + 1)
        if _no_load(replace(trafo, tap_pos=float(position))) > now * (1 + 1e-9)
    ]


def _no_load(trafo: Transformer) -> float:
    """LV over HV rated voltage at the present tap."""
    vn_hv_kv, vn_lv_kv = tap_voltages(trafo)
    return vn_lv_kv / vn_hv_kv


def _name(position: float) -> str:
    return f"{position:+g}" if position else "0"


def _tap_change(position: float) -> Change:
    """Bind the position; a transformer that came in with another measure may not have it."""

    def turned(feeder: Feeder) -> Feeder:
        trafo = feeder.area_transformer
        reached = min(max(position, trafo.tap_min), trafo.tap_max)
        return feeder.with_tap(reached)

    return on_feeder(turned)


def uprating_measures(feeder: Feeder) -> tuple[Measure, ...]:
    """The next transformer ratings of the same series and vector group, smallest first."""
    old = feeder.area_transformer
    measures = []
    for std_type in next_rating(old, _N_RATING):
        new_kva = transformer_types()[std_type].sn_kva
        measures.append(
            Measure(
                kind="uprate",
                label=f"{new_kva:g} kVA transformer",
                place="transformer",
                quantity=new_kva,
                unit="kVA",
                detail=f"{std_type} in place of {old.std_type or f'{old.sn_kva:g} kVA'}",
                change=_type_change(std_type),
                work=_exchange_work(new_kva),
                equipment=std_type,
                customers_out=len(feeder.customers),
                needs=_EXCHANGE_NEEDS,
            )
        )
    return tuple(measures)


_EXCHANGE_NEEDS = (
    "drop-out fuses, cabinet breaker and current transformers for the new rating",
    "phase sequence before customers are switched on",
)


def rotation_measures(
    feeder: Feeder, larger: tuple[Measure, ...], neighbours: tuple[Neighbour, ...]
) -> tuple[Measure, ...]:
    """The larger transformers by a swap (rotation) with an area that can live with today's.

    The effect is that of the same rating bought. Which area that is, the study says by
    ``neighbours`` with a rating and a peak; where it names none, the swap stands on that question.
    """
    old = feeder.area_transformer
    measures = []
    for measure in larger[:1] if not neighbours else larger:
        fitting = [
            one
            for one in neighbours
            if one.sn_kva == measure.quantity
            and one.peak_kva is not None
            and one.peak_kva <= old.sn_kva * _SWAP_PERCENT / 100
        ]
        at_most = old.sn_kva * _SWAP_PERCENT / 100
        if neighbours and not fitting:
            continue
        with_whom = (
            f"with {fitting[0].name}, whose peak is {fitting[0].peak_kva:g} kVA"
            if fitting
            else f"with an area whose peak stays below {at_most:g} kVA"
        )
        measures.append(
            replace(
                measure,
                kind="rotate",
                label=f"{measure.quantity:g} kVA transformer by rotation",
                detail=f"swapped {with_whom}; {measure.detail}",
                work={VISIT: 2, "rotation": 1},
                open_question=""
                if fitting
                else f"no area is named that has a "
                f"{measure.quantity:g} kVA unit and a peak below {at_most:g} kVA",
            )
        )
    return tuple(measures)


def series_measures(feeder: Feeder) -> tuple[Measure, ...]:
    """The same rating as Dyn11 in place of Yyn0, whose neutral shifts under unbalance."""
    old = feeder.area_transformer
    if not old.has_yyn_core:
        return ()
    std_type = _modern_type(old.sn_kva * old.parallel)
    if std_type is None:
        return ()
    new_kva = transformer_types()[std_type].sn_kva
    return (
        Measure(
            kind="series",
            label=f"{new_kva:g} kVA Dyn11 transformer",
            place="transformer",
            quantity=new_kva,
            unit="kVA",
            detail=f"{std_type} in place of {old.std_type or old.vector_group}: "
            "its delta carries the zero sequence that lifts the neutral of Yyn0",
            change=_type_change(std_type),
            work=_exchange_work(new_kva),
            equipment=std_type,
            customers_out=len(feeder.customers),
            needs=(
                *_EXCHANGE_NEEDS,
                "no low-voltage loop with an area of another vector group (30 degrees apart)",
            ),
        ),
    )


def modern_type_for(peak_kva: float) -> str | None:
    """The smallest modern Dyn11 type that carries a peak at four fifths of its rating."""
    return _modern_type(peak_kva / 0.8)


def _modern_type(at_least_kva: float) -> str | None:
    """Smallest Dyn11 type of the series bought today from a rating on."""
    fitting = [
        item
        for item in transformer_types().values()
        if item.series == MODERN_SERIES
        and item.vector_group == "Dyn11"
        and item.sn_kva >= at_least_kva - 1e-9
    ]
    return min(fitting, key=lambda item: item.sn_kva).std_type if fitting else None


def _exchange_work(kva: float) -> dict[str, float]:
    """The work of exchanging a transformer, priced by the nearest rating of the table."""
    return {VISIT: 1, transformer_item(kva): 1}


def transformer_item(kva: float) -> str:
    """Item of the cost table for a rating."""
    ratings = (30, 50, 63, 80, 100, 125, 160, 200, 250, 315, 400, 500, 630)
    nearest = min(ratings, key=lambda rating: abs(rating - kva))
    return f"transformer_kva_{nearest}"


def _type_change(std_type: str) -> Change:
    """Bind the type, so that each candidate of a loop keeps its own."""
    return on_feeder(lambda feeder: feeder.with_transformer(std_type))
