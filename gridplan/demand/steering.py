"""Steering: which random numbers of a draw its quasi-random point replaces.

Quasi-random points pay where few numbers decide, and a village's peak is a sum over thousands. So a
point decides about causes (``causes``), one standard normal number each:

- the temperature, in the mean over the hours of the peak;
- for the homes of each phase: the sum of their levels, the sum of those who have come home, and
  their variation in time over the hours of the peak; each home by what it adds to the peak.

Temperatures, levels and variation keep all of their random numbers but the component along that
sum (``streams.Along``). Who has come home is one of ``CANDIDATES`` random drawings, the one whose
kilowatts have the rank that the number asks for. Either way every home is distributed as before.

Events and pending connections that may fail have a coordinate of their own. Nothing else gains:
one delay of the dinner is as high as another, and single homes and quarter hours cancel out.
"""

from __future__ import annotations

import numpy as np
from scipy.special import ndtr, ndtri

from gridplan.demand.causes import CANDIDATES, GROUPS, Causes
from gridplan.demand.pending import TABLE
from gridplan.demand.quasi import quasi_random
from gridplan.demand.streams import (
    HOME_LEVEL,
    IN_TIME,
    PENDING,
    RETURNEES,
    TEMPERATURE,
    Along,
    Given,
    Streams,
    event_stream,
)
from gridplan.demand.village import Village
from gridplan.frozen import FloatArray, IntArray
from gridplan.network.customers import Customers

#: Coordinates of a point: causes come first, then events and pending connections, so many of each.
FIRST_EVENT, FIRST_PENDING, CHANCES = 16, 24, 8


def steered(village: Village, customers: Customers, n_draw: int) -> Village:
    """The village with the random numbers of ``n_draw`` draws steered by quasi-random points.

    More draws leave those of fewer as they are. Scenarios, events and pending connections have no
    part in it: none of them changes what the customers draw.
    """
    seed = village.settings.seed
    point = quasi_random(seed, n_draw)
    given = _chances(village, customers, point)
    causes = Causes.of(village, customers)
    if causes is None:
        return village.with_streams(Streams(seed=seed, given=given))
    number = causes.turned(ndtri(point))
    warmth, level, presence, in_time = np.split(number, 1 + len(GROUPS) * np.arange(3), axis=1)
    delay = np.array([village.homes.delay(draw) for draw in range(n_draw)])
    one, never = np.ones((1, 1)), np.zeros(n_draw, dtype=np.int64)
    along = {
        TEMPERATURE: _along(warmth, one, causes.temperature[None], never),
        HOME_LEVEL: _along(level, causes.level, one, never),
        IN_TIME: _along(in_time, causes.in_time, causes.reach, delay),
    }
    candidate = {} if not causes.presence.any() else {RETURNEES: _chosen(causes, ndtr(presence))}
    return village.with_streams(Streams(seed=seed, along=along, candidate=candidate, given=given))


def _along(
    value: FloatArray, rows: FloatArray, columns: FloatArray, way: IntArray
) -> tuple[Along, ...]:
    """Components (draw, group) along each group's rows (group, row) and ``columns``.

    Groups that move nothing have none.
    """
    length = np.linalg.norm(columns, axis=1, keepdims=True)
    if not length.all():
        return ()
    units = columns / length
    return tuple(
        Along(value=own, rows=row / np.linalg.norm(row), columns=units, way=way)
        for own, row in zip(value.T, rows, strict=True)
        if row.any()
    )


def _chosen(causes: Causes, share: FloatArray) -> IntArray:
    """The random drawing that each dwelling takes (draw, dwelling): those of a group the same.

    ``share`` (draw, group) is the rank by the group's kilowatts, as a share.
    """
    coming = causes.coming
    rank = np.minimum((share * CANDIDATES).astype(np.int64), CANDIDATES - 1)
    chosen = np.empty((len(rank), len(coming.group)), dtype=np.int64)
    for draw, wanted in enumerate(rank):
        order = np.argsort(coming.by_group(coming.drawn_kw(draw)), axis=0, kind="stable")
        chosen[draw] = np.take_along_axis(order, wanted[None], axis=0)[0][coming.group]
    return chosen


def _chances(village: Village, customers: Customers, point: FloatArray) -> dict[str, Given]:
    """Coordinates for events and pending connections that may fail, in their order."""
    events, special = village.events, village.special
    open_ = [
        name for name, chance in zip(events.names, events.probability, strict=True) if chance < 1
    ]
    given = {
        event_stream(name): Given(place=np.array([0]), value=point[:, [FIRST_EVENT + number]])
        for number, name in enumerate(open_[:CHANCES])
    }
    applied = special.index[(customers.table[special.index] == TABLE) & (special.there < 1)]
    applied = applied[:CHANCES]
    if applied.size:
        value = point[:, FIRST_PENDING : FIRST_PENDING + applied.size]
        given[PENDING] = Given(place=applied, value=value)
    return given
