"""Scores of probabilistic forecasts against measured days: how sharp, how honest, how useful.

Shape letters: case (one area and day, or one of anything that is forecast and measured), draw,
step (of the day), level (of a quantile), group (areas, lunar days). A case without a measurement
(NaN) has the score NaN; sums leave such cases out and say how many they were.

CRPS, quantile score and Brier score are those of ``scoringrules`` [1]_ in its numpy form.

References
----------
.. [1] F. Zanetta, S. Allen: scoringrules, a Python package for probabilistic forecast evaluation.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from gridplan.frozen import BoolArray, FloatArray, IntArray, own_fields

#: Levels that planners look at, up to one in a hundred.
LEVELS = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99)
#: Of a day's points, the share that may be missing before its peak is unknown (assumption).
MAX_MISSING = 0.1
_BLOCK = 20_000  #: cases whose draws are sorted at once: bounds the memory


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """Mean of a score over the cases that have one.

    Attributes
    ----------
    mean : NaN where no case has a score
    n_case, n_missing : cases in the mean, and cases left out for want of a measurement or forecast
    """

    mean: float
    n_case: int
    n_missing: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Coverage:
    """How often measurements lie inside central intervals.

    Attributes
    ----------
    nominal : share that should lie inside
    group : str or int (group,) -- ascending
    inside : float (group,) -- share that does; NaN for a group without a measurement
    n_case, n_missing : int (group,)
    """

    nominal: float
    group: npt.NDArray[np.generic]
    inside: FloatArray
    n_case: IntArray
    n_missing: IntArray

    def __post_init__(self) -> None:
        one, size = ("group",), {"group": len(self.group)}
        own_fields(self, {"inside": (np.float64, one)}, size)
        own_fields(self, dict.fromkeys(("n_case", "n_missing"), (np.int64, one)), size)

    @property
    def overall(self) -> float:
        """Share inside over the cases of all groups."""
        known = self.n_case > 0
        inside, weights = self.inside[known], self.n_case[known]
        return float(np.average(inside, weights=weights)) if known.any() else math.nan


@dataclass(frozen=True, slots=True, kw_only=True)
class Classification:
    """How well "this transformer will be overloaded" came true.

    Attributes
    ----------
    threshold : probability from which on a case counts as announced
    hits, false_alarms, misses, correct_rejections : numbers of cases
    brier : mean squared error of the probability
    n_missing : cases left out
    """

    threshold: float
    hits: int
    false_alarms: int
    misses: int
    correct_rejections: int
    brier: float
    n_missing: int

    @property
    def precision(self) -> float:
        """Share of the announced that happened; NaN when nothing was announced."""
        announced = self.hits + self.false_alarms
        return self.hits / announced if announced else math.nan

    @property
    def recall(self) -> float:
        """Share of what happened that had been announced; NaN when nothing happened."""
        happened = self.hits + self.misses
        return self.hits / happened if happened else math.nan


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Reliability:
    """Forecast probabilities beside observed shares, in bins of the probability.

    Attributes
    ----------
    edges : float (edge,) -- of the bins; each holds its lower edge, the last one both
    forecast, observed : float (bin,) -- mean probability and share that happened, NaN when empty
    n_case : int (bin,)
    n_missing : cases left out
    """

    edges: FloatArray
    forecast: FloatArray
    observed: FloatArray
    n_case: IntArray
    n_missing: int

    def __post_init__(self) -> None:
        size = {"bin": len(self.n_case), "edge": len(self.n_case) + 1}
        own_fields(self, dict.fromkeys(("forecast", "observed"), (np.float64, ("bin",))), size)
        own_fields(self, {"n_case": (np.int64, ("bin",)), "edges": (np.float64, ("edge",))}, size)


@dataclass(frozen=True, slots=True, kw_only=True)
class Skill:
    """How much better than a baseline: 1 - score / score of the baseline.

    Attributes
    ----------
    value : 0 as good as the baseline, 1 perfect, negative worse
    low, high : bootstrap interval over groups
    share : share of the bootstrap between ``low`` and ``high``
    n_group, n_case, n_missing : groups and cases that both scores know, and cases left out
    """

    value: float
    low: float
    high: float
    share: float
    n_group: int
    n_case: int
    n_missing: int


def crps(ensemble: npt.ArrayLike, observed: npt.ArrayLike) -> FloatArray:
    """Continuous ranked probability score of every case (case,), in the unit of the forecast.

    That of the draws' empirical distribution: for one draw it is the absolute error.

    Parameters
    ----------
    ensemble : float (case, draw)
    observed : float (case,)
    """
    draws, values = _checked(ensemble, observed)
    scores = np.full(len(values), np.nan)
    known = np.flatnonzero(_known(draws, values))
    for first in range(0, len(known), _BLOCK):
        at = known[first : first + _BLOCK]
        block = values[at], draws[at]
        scores[at] = _scoringrules().crps_ensemble(*block, estimator="qd", backend="numpy")
    return scores


def pinball(
    ensemble: npt.ArrayLike, observed: npt.ArrayLike, levels: Sequence[float] = LEVELS
) -> FloatArray:
    """Quantile score of every case and level (case, level), in the unit of the forecast.

    The quantiles are those of the draws (linear between them), so 200 draws carry the level 0.99.
    Parameters as in ``crps``; ``levels`` lie between 0 and 1.
    """
    draws, values = _checked(ensemble, observed)
    quantiles, alpha = np.quantile(draws, levels, axis=1).T, np.asarray(levels)
    scores = _scoringrules().quantile_score(values[:, None], quantiles, alpha, backend="numpy")
    return np.asarray(scores, dtype=np.float64)


def summarise(scores: npt.ArrayLike) -> Summary:
    """Mean of scores (case,) over the cases that have one."""
    values = np.asarray(scores, dtype=np.float64)
    known = ~np.isnan(values)
    mean = float(values[known].mean()) if known.any() else math.nan
    return Summary(mean=mean, n_case=int(known.sum()), n_missing=int((~known).sum()))


def coverage(
    ensemble: npt.ArrayLike,
    observed: npt.ArrayLike,
    *,
    share: float = 0.9,
    group: npt.ArrayLike | None = None,
) -> Coverage:
    """How often measurements lie inside the central interval that holds ``share`` of the draws.

    Parameters as in ``crps``; ``group`` str or int (case,), e.g. the festival day, or one group.
    """
    draws, values = _checked(ensemble, observed)
    names, member = _groups(group, len(values))
    tail = (1.0 - share) / 2.0
    low, high = np.quantile(draws, [tail, 1.0 - tail], axis=1)
    known = _known(draws, values)
    masks = known, ~known, known & (values >= low) & (values <= high)
    n_case, n_missing, hits = (np.bincount(member, mask, len(names)) for mask in masks)
    with np.errstate(invalid="ignore"):
        inside = hits / n_case
    return Coverage(nominal=share, group=names, inside=inside, n_case=n_case, n_missing=n_missing)


def peaks(p_kw: npt.ArrayLike, step_minutes: float = 15.0) -> tuple[FloatArray, FloatArray]:
    """Size [kW] and time of the highest step along the last axis, (...) each.

    The time is the middle of the first highest step [h after the beginning]. Missing steps (NaN)
    are passed over up to a share of ``MAX_MISSING``; beyond it size and time are NaN.
    """
    values = np.asarray(p_kw, dtype=np.float64)
    unknown = np.isnan(values).mean(axis=-1) > MAX_MISSING
    filled = np.where(np.isnan(values), -np.inf, values)
    at = filled.argmax(axis=-1)
    size = np.where(unknown, np.nan, filled.max(axis=-1))
    return size, np.where(unknown, np.nan, (at + 0.5) * step_minutes / 60.0)


def peak_errors(
    forecast_kw: npt.ArrayLike, observed_kw: npt.ArrayLike, step_minutes: float = 15.0
) -> tuple[FloatArray, FloatArray]:
    """Errors of the day's peak: the median of the draws' own peaks against the measured one.

    Returns the errors of size [%] (positive: forecast too high) and of time [h] (positive: too
    late), (case,) each; NaN where the measured peak is unknown or there was no demand at all.

    Parameters
    ----------
    forecast_kw : float (case, draw, step)
    observed_kw : float (case, step) -- one day per case; see ``peaks`` for missing steps
    """
    draws, values = np.asarray(forecast_kw), np.asarray(observed_kw, dtype=np.float64)
    if draws.ndim != 3 or values.shape != (draws.shape[0], draws.shape[2]):
        raise ValueError(f"{draws.shape} draws of steps do not fit {values.shape} measured days")
    size_kw, time_h = (np.median(part, axis=1) for part in peaks(draws, step_minutes))
    measured_kw, measured_h = peaks(values, step_minutes)
    positive = np.where(measured_kw > 0, measured_kw, np.nan)
    late_h = np.where(np.isnan(positive), np.nan, time_h - measured_h)
    return 100.0 * (size_kw / positive - 1.0), late_h


def classify(
    probability: npt.ArrayLike, happened: npt.ArrayLike, *, threshold: float = 0.5
) -> Classification:
    """Compare announced overloads with those that happened.

    Parameters
    ----------
    probability : float (case,) -- of an overload
    happened : float (case,) -- 1 yes, 0 no, NaN not measured; bool will do
    threshold : announced from this probability on
    """
    chance, truth, n_missing = _events(probability, happened)
    announced, yes = chance >= threshold, truth == 1.0
    brier = _scoringrules().brier_score(truth, chance, backend="numpy")
    return Classification(
        threshold=threshold,
        hits=int((announced & yes).sum()),
        false_alarms=int((announced & ~yes).sum()),
        misses=int((~announced & yes).sum()),
        correct_rejections=int((~announced & ~yes).sum()),
        brier=float(np.mean(brier)) if len(truth) else math.nan,
        n_missing=n_missing,
    )


def reliability(
    probability: npt.ArrayLike,
    happened: npt.ArrayLike,
    edges: Sequence[float] = (0.0, 0.1, 0.3, 0.5, 0.7, 0.9, 1.0),
) -> Reliability:
    """Observed shares beside forecast probabilities; parameters as in ``classify``."""
    chance, truth, n_missing = _events(probability, happened)
    bounds = np.asarray(edges, dtype=np.float64)
    if (np.diff(bounds) <= 0).any() or bounds[0] > 0.0 or bounds[-1] < 1.0:
        raise ValueError(f"edges rise from 0 to 1, not {list(edges)}")
    at = np.clip(np.searchsorted(bounds, chance, side="right") - 1, 0, len(bounds) - 2)
    n_case = np.bincount(at, minlength=len(bounds) - 1)
    sums = [np.bincount(at, values, len(bounds) - 1) for values in (chance, truth)]
    with np.errstate(invalid="ignore"):
        forecast, observed = (total / n_case for total in sums)
    return Reliability(
        edges=bounds, forecast=forecast, observed=observed, n_case=n_case, n_missing=n_missing
    )


def skill(
    score: npt.ArrayLike,
    baseline: npt.ArrayLike,
    group: npt.ArrayLike,
    *,
    share: float = 0.9,
    resamples: int = 2000,
    seed: int = 0,
) -> Skill:
    """Skill against a baseline over the cases that both know, with a bootstrap over groups.

    Whole groups (areas) are drawn with replacement, since days of one area are not independent.

    Parameters
    ----------
    score, baseline : float (case,) -- lower is better, e.g. of ``crps``
    group : str or int (case,)
    share : of the bootstrap that the interval holds
    """
    own, other = np.asarray(score, dtype=np.float64), np.asarray(baseline, dtype=np.float64)
    if own.ndim != 1 or own.shape != other.shape:
        raise ValueError(f"scores have shapes {own.shape} and {other.shape}; give (case,) twice")
    known = ~(np.isnan(own) | np.isnan(other))
    names, member = _groups(np.asarray(group)[known], int(known.sum()))
    sums = np.array([np.bincount(member, s[known], len(names)) for s in (own, other)])
    value = low = high = math.nan
    if sums[1].sum() > 0.0:
        value = float(1.0 - sums[0].sum() / sums[1].sum())
        equal = np.full(len(names), 1.0 / len(names))
        times = np.random.default_rng(seed).multinomial(len(names), equal, resamples)
        drawn, reference = sums @ times.T
        # a resample of groups in which the baseline is perfect has no skill to speak of
        drawn, reference = drawn[reference > 0], reference[reference > 0]
        tail = (1.0 - share) / 2.0
        low, high = np.quantile(1.0 - drawn / reference, [tail, 1.0 - tail]).tolist()
    return Skill(
        value=value,
        low=low,
        high=high,
        share=share,
        n_group=len(names),
        n_case=int(known.sum()),
        n_missing=int((~known).sum()),
    )


def _scoringrules() -> Any:
    """The library, loaded where it is used: its first import takes seconds."""
    import scoringrules

    return scoringrules


def _checked(ensemble: npt.ArrayLike, observed: npt.ArrayLike) -> tuple[FloatArray, FloatArray]:
    draws = np.asarray(ensemble, dtype=np.float64)
    values = np.asarray(observed, dtype=np.float64)
    if draws.ndim != 2 or values.shape != draws.shape[:1] or not draws.shape[1]:
        raise ValueError(
            f"the forecast has shape {draws.shape}, the measurement {values.shape};"
            " give (case, draw) and (case,)"
        )
    return draws, values


def _known(draws: FloatArray, values: FloatArray) -> BoolArray:
    """Cases with a measurement and a forecast."""
    return np.asarray(~(np.isnan(values) | np.isnan(draws).any(axis=1)))


def _groups(group: npt.ArrayLike | None, n_case: int) -> tuple[npt.NDArray[np.generic], IntArray]:
    """Names of the groups, ascending, and the group of each case."""
    names = np.zeros(n_case, dtype=np.int64) if group is None else np.asarray(group)
    if names.shape != (n_case,):
        raise ValueError(f"groups have shape {names.shape}, expected ({n_case},)")
    found, member = np.unique(names, return_inverse=True)
    return found, member


def _events(
    probability: npt.ArrayLike, happened: npt.ArrayLike
) -> tuple[FloatArray, FloatArray, int]:
    """Probabilities and outcomes of the cases that have both, and how many have not."""
    chance = np.asarray(probability, dtype=np.float64)
    truth = np.asarray(happened, dtype=np.float64)
    if chance.ndim != 1 or chance.shape != truth.shape:
        raise ValueError(f"shapes {chance.shape} and {truth.shape}; give (case,) twice")
    known = ~(np.isnan(chance) | np.isnan(truth))
    chance, truth = chance[known], truth[known]
    if not (((chance >= 0) & (chance <= 1)).all() and np.isin(truth, (0.0, 1.0)).all()):
        raise ValueError("probabilities lie between 0 and 1, outcomes are 0, 1 or NaN")
    return chance, truth, int((~known).sum())
