"""From evidence to probabilities: what meters say, what similar meters say, what records say.

Block by block a meter's evidence for one phase over another goes up and down; its sum over the root
of its sum of squares, z, is near a standard normal number where there is nothing to tell. The odds
Phi(z) : 1 - Phi(z) are then those of the sign of its mean, whatever the size of the effect. On
villages that had no part in choosing anything they are calibrated (docs/method.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import expit, log_ndtr

from gridplan.frozen import FloatArray, IntArray
from gridplan.network.customers import PERMUTATIONS

#: How far meters that move alike are trusted to be on one phase; they are at most so many, and not
#: less alike than this, or than this share of the most alike one. All found by measurement.
NEIGHBOUR_TRUST, MOST_NEIGHBOURS, LEAST_LIKENESS, NEAR_BEST = 0.75, 8, 0.5, 0.8
#: Exponent of what meters and their neighbours say together: they are not wholly independent.
TEMPER = 0.8
#: Prior probability of another transformer (assumption); its meters may seem to follow one phase by
#: this many times what chance gives, for villages live by the same hours.
OTHER_AREA, CHANCE_OF_STRANGERS = 0.005, 2.0
#: Share of homes reconnected to another phase in a year (assumption): old records are worth less.
CHANGED_PER_YEAR = 0.03
#: Probability that a source calls the phases as the transformer's meter does (assumption); other
#: names are believed of at least so many records, if so many of them are right then.
SAME_NAMES, LEAST_RENAMED, RIGHT_RENAMED = 0.97, 6, 0.7
MOST_SURE = 0.999  #: nothing said here is surer
_ROUNDS = 30  #: of the estimate of a source's accuracy; it settles in ten


@dataclass(frozen=True, slots=True, kw_only=True)
class Records:
    """Phases of some curves as one source has recorded them.

    Attributes
    ----------
    name : e.g. "network file", "HPLC"
    phase : int (curve,) -- 0 to 2, -1 where the source says nothing
    trust : float (curve,) -- confidence that came with each record, 1 where none did
    age_years : float (curve,)
    right, wrong : records that the source is taken to have had right and wrong before any meter has
        spoken (assumption)
    """

    name: str
    phase: IntArray
    trust: FloatArray
    age_years: FloatArray
    right: float
    wrong: float


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedRecords:
    """A source beside the meters.

    Attributes
    ----------
    source : its name
    accuracy : share of its records that are right, as far as the meters can tell
    names : index into ``PERMUTATIONS``: the source's phase f is phase ``names[f]`` of the meters
    like : float (curve, 3) -- log-probability of the record if the curve is on phase a, b, c
    n, agree : records with a curve, and those of them on the likeliest phase
    """

    source: str
    accuracy: float
    names: int
    like: FloatArray
    n: int
    agree: int


def log_odds(block: FloatArray) -> FloatArray:
    """Log-odds (curve, hypothesis) against the likeliest one, of evidence by block."""
    best = np.argmax(block.sum(axis=2), axis=1)
    ahead = block[np.arange(len(block)), best][:, None] - block
    return -_of_sign(_z(ahead))


def other_area(block: FloatArray) -> FloatArray:
    """Probability (curve,) that the last hypothesis of the evidence holds: no phase at all.

    It has less noise than a phase and fits better where readings are far apart in time. So it is
    believed only of meters of which one phase can not be told from the others either.
    """
    phases, none = block[:, :-1], block[:, -1]
    rows = np.arange(len(block))
    best = np.argmax(phases.sum(axis=2), axis=1)
    z = _z(phases[rows, best][:, None] - phases)
    z[rows, best] = np.inf
    told = _of_sign(z.min(axis=1) / CHANCE_OF_STRANGERS)
    odds = TEMPER * (_of_sign(_z(none - phases[rows, best])) - told)
    result: FloatArray = expit(odds + np.log(OTHER_AREA / (1 - OTHER_AREA)))
    return result


def _z(ahead: FloatArray) -> FloatArray:
    """Sum over the root of the sum of squares, over the last axis; 0 without any evidence."""
    length = np.sqrt((ahead**2).sum(axis=-1))
    result: FloatArray = np.where(length > 0, ahead.sum(axis=-1) / np.maximum(length, 1e-12), 0.0)
    return result


def _of_sign(z: FloatArray) -> FloatArray:
    """Log-odds that the mean is positive."""
    result: FloatArray = log_ndtr(z) - log_ndtr(-z)
    return result


def normalised(log_weight: FloatArray) -> FloatArray:
    """Probabilities over the last axis."""
    weight = np.exp(log_weight - log_weight.max(axis=-1, keepdims=True))
    result: FloatArray = weight / weight.sum(axis=-1, keepdims=True)
    return result


def by_meters(odds: FloatArray, prior: FloatArray | float = 0.0) -> FloatArray:
    """Probabilities (curve, hypothesis) of what meters say, with log-priors (hypothesis,)."""
    return normalised(TEMPER * odds + prior)


def with_neighbours(block: FloatArray, likeness: FloatArray) -> FloatArray:
    """Log-odds (curve, 3) of a curve's own evidence and of the curves that move as it does.

    A neighbour is a witness that may stand on another phase, so that a meter with evidence of its
    own is not outvoted by a large box.
    """
    own = log_odds(block)
    if len(block) < 2:
        return own
    alike = likeness.copy()
    np.fill_diagonal(alike, -1.0)
    rank = min(MOST_NEIGHBOURS, len(block) - 1)
    least = -np.partition(-alike, rank - 1, axis=1)[:, rank - 1 : rank]
    floor = np.maximum(LEAST_LIKENESS, NEAR_BEST * alike.max(axis=1, keepdims=True))
    weight = np.where(alike >= np.maximum(least, floor), alike, 0.0)
    said = normalised(log_odds(np.einsum("hk,kfb->hfb", weight, block)))
    alone = weight.sum(axis=1) == 0
    said[alone] = 1 / 3
    return own + np.log(NEIGHBOUR_TRUST * said + (1 - NEIGHBOUR_TRUST) / 3)


def judged(records: Records, meters: FloatArray) -> JudgedRecords:
    """How right records are, and what they call the phases, by what meters say (curve, 3)."""
    with_record = records.phase >= 0
    spoken = with_record & (meters.max(axis=1) > 1 / 3 + 1e-9)
    said, phase = meters[spoken], records.phase[spoken]
    names, accuracy = _names(records, said, phase)
    order = np.array(PERMUTATIONS[names])
    right = np.minimum(accuracy, records.trust) - 1 / 3
    right = 1 / 3 + np.maximum(right, 0.0) * (1 - CHANGED_PER_YEAR) ** records.age_years
    like = np.tile(((1 - right) / 2)[:, None], (1, 3))
    at = np.flatnonzero(with_record)
    like[at, order[records.phase[at]]] = right[at]
    like[~with_record] = 1 / 3
    return JudgedRecords(
        source=records.name,
        accuracy=accuracy,
        names=names,
        like=np.log(like),
        n=len(said),
        agree=int((said.argmax(axis=1) == order[phase]).sum()),
    )


def _names(records: Records, said: FloatArray, phase: IntArray) -> tuple[int, float]:
    """The likeliest names, as an index into ``PERMUTATIONS``, and the accuracy with them."""
    scores, accuracies = np.full(len(PERMUTATIONS), -np.inf), np.zeros(len(PERMUTATIONS))
    for number, names in enumerate(PERMUTATIONS):
        match = said[np.arange(len(said)), np.array(names)[phase]]
        accuracy = accuracies[number] = _accuracy(match, records)
        believed = len(match) >= LEAST_RENAMED and accuracy >= RIGHT_RENAMED
        if number == 0 or believed:
            prior = SAME_NAMES if number == 0 else (1 - SAME_NAMES) / 5
            fits = accuracy * match + (1 - accuracy) / 2 * (1 - match)
            scores[number] = np.log(fits).sum() + np.log(prior)
    best = int(np.argmax(scores))
    return best, float(accuracies[best])


def _accuracy(match: FloatArray, records: Records) -> float:
    """Share of right records, by expectation and maximisation from what was believed before."""
    accuracy = records.right / (records.right + records.wrong)
    for _ in range(_ROUNDS):
        right = accuracy * match
        expected = right / (right + (1 - accuracy) / 2 * (1 - match))
        total = records.right + records.wrong + len(match)
        accuracy = float((records.right + expected.sum()) / total)
    return accuracy


def combined(meters: FloatArray, records: Sequence[JudgedRecords]) -> FloatArray:
    """Probabilities (curve, 3) of the log-odds of meters (curve, 3) and of all records."""
    found = by_meters(meters, sum((record.like for record in records), start=np.zeros(3)))
    return MOST_SURE * found + (1 - MOST_SURE) / 3
