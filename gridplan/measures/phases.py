"""``identify_phases``: on which phase each customer hangs, from meters and records."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from gridplan.demand.phase_curves import PhaseCurves
from gridplan.demand.phase_ledger import PhaseRecord
from gridplan.frozen import IntArray, StrArray
from gridplan.measures.phase_meters import MeterVerdict, ask_meters
from gridplan.measures.phase_notes import notes_of, remarks_of, strangers
from gridplan.measures.phase_posterior import JudgedRecords, by_meters, combined, judged
from gridplan.measures.phase_readings import Readings, readings_of
from gridplan.measures.phase_records import records_by_source, records_of_network
from gridplan.measures.phase_result import PhaseIdentification, RecordAccuracy
from gridplan.network.customers import PERMUTATIONS, PHASES
from gridplan.network.feeder import Feeder


def identify_phases(
    feeder: Feeder,
    curves: PhaseCurves,
    *,
    records: Sequence[PhaseRecord] = (),
    transformer_meter: str | None = None,
    ct_ratio: float = 1.0,
) -> PhaseIdentification:
    """Find the phase of every customer from voltages and powers, and from records.

    Parameters
    ----------
    feeder : its customers are known by number
    curves : readings of the customers' meters and of the transformer's own (台区总表)
    records : phases that others have recorded, e.g. HPLC modules; see ``read_phase_records``
    transformer_meter : number of the transformer's meter; none: the only meter with three voltages
        that is no customer's
    ct_ratio : ratio that the powers of the transformer's meter have still to be multiplied by

    Returns
    -------
    PhaseIdentification
        Voltages cannot tell a common shift of all names (a for b, b for c, c for a): phases are
        named as most of the network file's records are, and a warning says so where the
        transformer's meter has other names.

    Raises
    ------
    InputError
        When the transformer's meter is not known or does not read three phases, or when no customer
        has readings.
    """
    customers = feeder.customers
    readings = readings_of(feeder, curves, transformer_meter, ct_ratio)
    meters = ask_meters(readings, len(customers))
    single = np.char.str_len(customers.phase) == 1
    sources = [
        records_of_network(customers.phase, np.where(single, customers.phase_confidence, 0.0)),
        *records_by_source(records, customers.id, readings.last_day),
    ]
    said = by_meters(meters.odds)
    judgements = [judged(source, said) for source in sources]
    found = _result(feeder, readings, meters, judgements)
    return replace(found, notes=(*curves.notes, *found.notes, *strangers(feeder, records)))


def _result(
    feeder: Feeder, readings: Readings, meters: MeterVerdict, judgements: Sequence[JudgedRecords]
) -> PhaseIdentification:
    """Everything in the names of the network file."""
    customers = feeder.customers
    single = np.char.str_len(customers.phase) == 1
    names = np.array(PERMUTATIONS[judgements[0].names])
    speaks = single & meters.read & ~meters.three_phase & ~meters.strange
    alone = by_meters(meters.odds)[:, names]
    together = combined(meters.odds, judgements)[:, names]
    recorded_only = combined(np.zeros_like(meters.odds), judgements)[:, names]
    probability = np.where(speaks[:, None], together, recorded_only)
    found = np.where(single, np.array(PHASES)[probability.argmax(axis=1)], customers.phase)
    confidence = np.where(single, probability.max(axis=1), customers.phase_confidence)
    confidence *= 1 - np.nan_to_num(meters.other_area)
    result = PhaseIdentification(
        feeder_name=feeder.name,
        n_day=readings.n_day,
        customer_ids=customers.id,
        recorded=customers.phase,
        found=found,
        confidence=confidence,
        probability=np.where(single[:, None], probability, np.nan),
        meter_phase=np.where(speaks, np.array(PHASES)[alone.argmax(axis=1)], ""),
        meter_confidence=np.where(speaks, alone.max(axis=1), np.nan),
        other_area=meters.other_area,
        order=_orders(meters, names),
        remark=remarks_of(meters, single),
        records=tuple(
            RecordAccuracy(
                source=judged.source,
                n=judged.n,
                agree=judged.agree,
                accuracy=judged.accuracy,
                names="".join(PHASES[k] for k in PERMUTATIONS[judged.names]),
            )
            for judged in judgements
        ),
        notes=(),
    )
    return replace(result, notes=(*readings.notes, *notes_of(feeder, result, meters)))


def _orders(meters: MeterVerdict, names: IntArray) -> StrArray:
    """Phases that the terminals of three-phase meters stand on, in the names of the network."""
    called = np.argsort(names)  # phase of the transformer's meter -> phase of the network file
    letters = [
        "".join(PHASES[called[k]] for k in PERMUTATIONS[order]) if order >= 0 else ""
        for order in meters.order.tolist()
    ]
    return np.array(letters, dtype=np.str_)
