"""What the curves of a meter say about its phase, block by block of time. Arrays only.

Two laws with a slope of exactly one carry the evidence, so that nothing has to be fitted:

* *voltage*: behind a line in which nothing changes, a meter's voltage changes by what its phase
  changes at the transformer;
* *load*: when nobody else on a phase changes, the phase's power changes by what the home's does.

Both hold at some times and fail at others, when neighbours switch. What is left of a change when a
phase has explained its part is therefore judged by Student's t with three degrees of freedom, by
which a large misfit counts little. Changes, not values, because gains of meters and slow drops
along the lines then cancel.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gridplan.frozen import BoolArray, FloatArray, IntArray

VOLTAGE_SPANS = (2, 4)  #: changes over these many quarter hours; found by measurement
SIMILAR_SPANS = (2, 4, 8)  #: those by which meters are compared with each other
LOAD_SPANS = (1, 2)
DEGREES_OF_FREEDOM = 3.0
NONE = 3  #: hypothesis after phases a, b, c: no phase of this transformer, only the common voltage
LEAST_BLOCK = 12  #: quarter hours of a block: what two blocks say is nearly independent
MOST_BLOCKS = 28  #: more days make longer blocks: what happens every day is no new evidence
LEAST_NOISE_V, LEAST_NOISE_KW = 0.05, 0.02  #: no meter is better
ROUNDING = 0.41  #: deviation of the difference of two rounded values over the step, 1/sqrt(6)
CLIP = 4.0  #: changes beyond so many deviations are cut before meters are compared
LAG_MARGIN = 0.1  #: of correlation, by which another clock must fit better than the usual one
FARTHEST_LAG = 2  #: quarter hours by which clocks, or the meaning of P1, are tried to differ


@dataclass(frozen=True, slots=True)
class VoltageEvidence:
    """What voltages say.

    Attributes
    ----------
    block : float (curve, 4, block) -- log-likelihood of phases a, b, c of the transformer and of
        none of them, up to what is common to all four
    left : float (span, curve, point) -- clipped changes without the common voltage, for comparing
        meters; 0 where missing
    moves : float (curve,) -- how much the curve changes, over what all phases change in common; a
        meter of this transformer sees that and more, one that stands still does not
    """

    block: FloatArray
    left: tuple[FloatArray, ...]
    moves: FloatArray


def block_of(n_point: int) -> IntArray:
    """The block of each point (point,)."""
    length = max(LEAST_BLOCK, -(-n_point // MOST_BLOCKS))
    return np.arange(n_point) // length


def voltage_evidence(u_v: FloatArray, transformer_v: FloatArray) -> VoltageEvidence:
    """Evidence of curves (curve, point) against the transformer's phases (3, point) [V].

    Missing points are NaN.
    """
    block = block_of(u_v.shape[1])
    found = np.zeros((len(u_v), 4, int(block[-1]) + 1))
    step = np.maximum(rounding_step(u_v), rounding_step(transformer_v).max())
    least = np.maximum(LEAST_NOISE_V, ROUNDING * step)
    left = []
    for span in sorted({*VOLTAGE_SPANS, *SIMILAR_SPANS}):
        misfit, known = _misfits(u_v, transformer_v, span)
        scale = np.maximum(_deviation(misfit[:, :NONE], known).min(axis=1), least)
        if span in VOLTAGE_SPANS:
            likely = _log_t(misfit / scale[:, None, None]) * known[:, None]
            found += _by_block(likely, block[span:], found.shape[2])
        if span in SIMILAR_SPANS:
            limit = CLIP * scale[:, None]
            left.append(np.where(known, np.clip(misfit[:, NONE], -limit, limit), 0.0))
    return VoltageEvidence(found, tuple(left), _moves(u_v, transformer_v))


def load_evidence(p_kw: FloatArray, transformer_kw: FloatArray) -> FloatArray:
    """Log-likelihood (curve, 3, block) that a home's power (curve, point) is part of a phase's.

    Over that of being no part of it; 0 where the home's power, or the phases' (3, point), is not
    known, and at every time at which the home's does not change [kW].
    """
    block = block_of(p_kw.shape[1])
    found = np.zeros((len(p_kw), 3, int(block[-1]) + 1))
    for span in LOAD_SPANS:
        change, phase = _change(p_kw, span), _change(transformer_kw, span)
        known = np.isfinite(change)[:, None] & np.isfinite(phase)[None]
        scale = np.sqrt(_deviation(phase[None], known[:1])[0] ** 2 + LEAST_NOISE_KW**2)
        whole = np.nan_to_num(phase) / scale[:, None]
        part = np.nan_to_num(change)[:, None] / scale[None, :, None]
        likely = np.where(known, _log_t(whole[None] - part) - _log_t(whole)[None], 0.0)
        found += _by_block(likely, block[span:], found.shape[2])
    return found


def clock_lags(u_v: FloatArray, common_v: FloatArray) -> IntArray:
    """Points by which each curve (curve, point) lies later than the common voltage (point,).

    0 unless another lag makes the curve clearly more like it.
    """
    change = _clipped(_change(u_v, 1))
    common = _clipped(_change(common_v[None], 1))[0]
    lags = np.arange(-FARTHEST_LAG, FARTHEST_LAG + 1)
    moved = np.zeros((len(lags), len(common)))
    for row, lag in zip(moved, lags.tolist(), strict=True):
        row[max(lag, 0) : len(common) + min(lag, 0)] = common[
            max(-lag, 0) : len(common) + min(-lag, 0)
        ]
    length = np.sqrt((change**2).sum(axis=1)[:, None] * (moved**2).sum(axis=1))
    alike = change @ moved.T / np.maximum(length, 1e-12)
    alike[:, FARTHEST_LAG] += LAG_MARGIN
    found: IntArray = lags[np.argmax(alike, axis=1)]
    return found


def shifted(curves: FloatArray, lag: IntArray) -> FloatArray:
    """Curves (curve, point) moved earlier by their lag; what moves in is missing."""
    n_point = curves.shape[1]
    source = np.arange(n_point)[None] + lag[:, None]
    inside = (source >= 0) & (source < n_point)
    moved = np.take_along_axis(curves, np.clip(source, 0, n_point - 1), axis=1)
    return np.where(inside, moved, np.nan)


def rounding_step(curves: FloatArray) -> FloatArray:
    """Step of whole volts, tenths or finer in which each curve is written (curve,)."""
    step = np.full(len(curves), 0.01)
    for size in (0.1, 1.0):
        scaled = curves / size
        whole = np.abs(scaled - np.rint(scaled)) < 1e-3
        step[np.all(whole | np.isnan(curves), axis=1)] = size
    return step


def likeness(left: Sequence[FloatArray], phase: IntArray) -> FloatArray:
    """Correlation (curve, curve) of what is left of curves, the mean over the spans.

    What all phases have in common, such as the reading time of the transformer's meter, is taken
    out: the mean over phases of the mean over the curves taken to be on it (curve,).
    """
    total = np.zeros((len(phase), len(phase)))
    for changes in left:
        groups = [changes[phase == k].mean(axis=0) for k in np.unique(phase)]
        own = changes - np.mean(groups, axis=0)
        own = own - own.mean(axis=1, keepdims=True)
        length = np.sqrt((own**2).sum(axis=1, keepdims=True))
        own = own / np.maximum(length, 1e-12)
        total += own @ own.T
    return total / len(left)


def _misfits(u_v: FloatArray, transformer_v: FloatArray, span: int) -> tuple[FloatArray, BoolArray]:
    """What phases a, b, c and none leave of changes (curve, 4, point), and where it is known.

    The common change of the phases, and its neighbours in time, are fitted on top: meters are read
    at other moments within the quarter hour.
    """
    phases = _change(transformer_v, span)
    common = phases.mean(axis=0)
    beside = np.stack([common, *(np.roll(common, k) for k in (-1, 1))])
    beside[1, -1] = beside[2, 0] = np.nan
    change = _change(u_v, span)
    known = np.isfinite(change) & np.isfinite(phases).all(axis=0)
    beside, phases = np.nan_to_num(beside), np.nan_to_num(phases)
    change = np.where(known, change, 0.0)
    weight = known.astype(np.float64)
    pairs = (beside[:, None] * beside[None]).reshape(9, -1)
    normal = (weight @ pairs.T).reshape(-1, 3, 3) + 1e-9 * np.eye(3)
    right = np.concatenate(
        [
            (weight @ (phases[:, None] * beside[None]).reshape(9, -1).T).reshape(-1, 3, 3),
            ((change * weight) @ beside.T)[:, None],
        ],
        axis=1,
    )
    factor = np.linalg.solve(normal, np.swapaxes(right, 1, 2))
    fitted = np.swapaxes(factor, 1, 2) @ beside
    alone = change - fitted[:, NONE]
    misfit = np.empty((len(u_v), 4, change.shape[1]))
    misfit[:, :NONE] = alone[:, None] - (phases[None] - fitted[:, :NONE])
    misfit[:, NONE] = alone
    return misfit * known[:, None], known


def _moves(u_v: FloatArray, transformer_v: FloatArray) -> FloatArray:
    """Size of each curve's changes over that of the common change."""
    span = max(VOLTAGE_SPANS)
    change = _change(u_v, span)[:, None]
    common = _change(transformer_v, span).mean(axis=0)[None, None]
    known = np.isfinite(change) & np.isfinite(common)
    common = np.broadcast_to(common, change.shape)
    sizes = [_deviation(values, known[:, 0])[:, 0] for values in (change, common)]
    return sizes[0] / np.maximum(sizes[1], LEAST_NOISE_V)


def _change(curves: FloatArray, span: int) -> FloatArray:
    return curves[..., span:] - curves[..., :-span]


def _clipped(change: FloatArray) -> FloatArray:
    """Changes, those beyond some deviations cut, 0 where missing."""
    known = np.isfinite(change)
    limit = CLIP * (_deviation(change[:, None], known)[:, 0] + LEAST_NOISE_V)[:, None]
    return np.where(known, np.clip(change, -limit, limit), 0.0)


def _deviation(values: FloatArray, known: BoolArray) -> FloatArray:
    """Standard deviation (..., ) over the last axis by the median of the absolute values."""
    if known.ndim < values.ndim:
        known = known[:, None]
    size = np.where(known, np.abs(values), np.inf)
    count = np.broadcast_to(known, size.shape).sum(axis=-1)
    middle = np.sort(size, axis=-1)
    at = np.maximum(count - 1, 0) // 2
    median = np.take_along_axis(middle, at[..., None], axis=-1)[..., 0]
    return np.where(count > 0, median, 0.0) / 0.6745


def _log_t(values: FloatArray) -> FloatArray:
    """Log-likelihood of Student's t, without its constant."""
    power = (DEGREES_OF_FREEDOM + 1) / 2
    result: FloatArray = -power * np.log1p(values**2 / DEGREES_OF_FREEDOM)
    return result


def _by_block(values: FloatArray, block: IntArray, n_block: int) -> FloatArray:
    """Sums over the points of each block, on the last axis."""
    starts = np.searchsorted(block, np.arange(n_block))
    sums: FloatArray = np.add.reduceat(
        np.concatenate([values, np.zeros((*values.shape[:-1], 1))], axis=-1), starts, axis=-1
    )
    return sums
