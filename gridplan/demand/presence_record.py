"""Who came in past festivals, and how far the registers were right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gridplan.demand.area_record import (
    GROUP_STARTS,
    Festival,
    group_of,
    known_mean,
    lived_in,
    usual_day_kw,
)
from gridplan.demand.calendar import NEW_YEAR_EVE
from gridplan.demand.presence import occupied
from gridplan.frozen import BoolArray, FloatArray, IntArray

#: The festival days on which a home must be seen occupied to count as one that came.
_CORE = (-3, 5)
#: Days around a stay that is looked for.
_WINDOW = (-25, 30)
#: Weight of what is assumed before anything is seen, in homes: this share comes of those listed,
#: and of the others, by how many of the past festivals they came to.
_PRIOR_HOMES, _LISTED_COME, _OTHERS_COME = 2.0, 0.9, (0.1, 0.3, 0.55, 0.7)
#: Longest error of a register's date that is believed [days].
_LONGEST_ERROR = 10


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Presence:
    """Shares and errors over all areas; see ``fit_presence``.

    Attributes
    ----------
    listed_come : share of the listed homes that come
    away_come : share of the homes that come although the register says that nobody does
    others_come : float (4,) -- share of the unlisted homes that come, by how many of the past
        festivals they came to: none, fewer than half, half or more, all
    stays : float (stay, 2) -- first day occupied and first day away again, of all who came
    errors : float (error, 2) -- days that arrival and departure were later than registered
    stay_share, live_share : float (group,) -- share of a stay's days on which somebody is at home,
        and of the days of homes that are lived in, by kind of day: on the Eve nobody is elsewhere
    """

    listed_come: float
    away_come: float
    others_come: FloatArray
    stays: FloatArray
    errors: FloatArray
    stay_share: FloatArray
    live_share: FloatArray

    def draw(
        self,
        target: Festival,
        lives_in: BoolArray,
        came: FloatArray,
        days: IntArray,
        rng: np.random.Generator,
    ) -> BoolArray:
        """Whether somebody is at home (home, day), one draw.

        ``lives_in`` (home,): all year; ``came`` (home,): share of the past festivals, NaN unknown.
        """
        n_home = len(lives_in)
        comes, which, late = rng.random(n_home), rng.random(n_home), rng.random((2, n_home))
        share = self.comes(target.listed, target.away, came)
        stay = self.stays[(which * len(self.stays)).astype(np.int64)]
        first, last = (self._date(target, stay, late, at) for at in (0, 1))
        staying = (days >= first[:, None]) & (days < np.fmax(last, first + 1)[:, None])
        at_home, group = rng.random((n_home, len(days))), group_of(days)
        visitors = staying & (comes < share)[:, None] & (at_home < self.stay_share[group])
        return np.where(lives_in[:, None], at_home < self.live_share[group], visitors)

    def comes(self, listed: BoolArray, away: BoolArray, came: FloatArray) -> FloatArray:
        """Chance that each home that is not lived in is come to (home,)."""
        share = np.where(listed, self.listed_come, self.others_come[_class(came)])
        return np.where(away, self.away_come, share)

    def _date(self, target: Festival, stay: FloatArray, late: FloatArray, at: int) -> FloatArray:
        """First day at home (0) or away (1): registered, with an error, or that of a past comer."""
        known = (target.arrival, target.departure)[at]
        error = self.errors[(late[at] * len(self.errors)).astype(np.int64), at]
        day = known + error
        # who means to be there for the dinner of the Eve is
        eve = NEW_YEAR_EVE
        if at == 0:
            day = np.where(known <= eve, np.minimum(day, eve), day)
        else:
            day = np.where(known > eve, np.maximum(day, eve + 1), day)
        return np.where(np.isnan(known), stay[:, at], day)


def fit_presence(areas: Sequence[tuple[Festival, ...]]) -> Presence:
    """Learn from the festivals of all areas who comes, when, and what registers are worth."""
    listed, away, stays, errors = [], [], [], []
    others: list[list[FloatArray]] = [[], [], [], []]
    stay_share = _ByKind(0.95)
    live_share = _ByKind(0.97)
    for festivals in areas:
        seen = [_came(one, festivals) for one in festivals]
        for at, (one, (came, lives_in, stay, there)) in enumerate(
            zip(festivals, seen, strict=True)
        ):
            free, known = ~lives_in, np.isfinite(came)
            listed.append(came[one.listed & ~one.away & free & known])
            away.append(came[one.away & free & known])
            earlier = [other[0] for k, other in enumerate(seen) if k != at]
            unlisted = ~one.listed & free & known
            if earlier:
                kind = _class(known_mean(np.stack(earlier, axis=1)))
                for number in range(4):
                    others[number].append(came[unlisted & (kind == number)])
            here = (came == 1) & free
            stays.append(stay[here])
            dated = stay[here] - np.stack([one.arrival, one.departure], axis=1)[here]
            errors.append(
                dated[
                    np.isfinite(dated).all(axis=1) & (np.abs(dated) <= _LONGEST_ERROR).all(axis=1)
                ]
            )
            inside = (one.days >= stay[:, :1]) & (one.days < stay[:, 1:])
            group = group_of(one.days)
            stay_share.add(np.where(inside & here[:, None], there, np.nan), group)
            live_share.add(there[lives_in], group)
    all_stays = np.concatenate(stays) if stays else np.empty((0, 2))
    all_errors = np.concatenate(errors) if errors else np.empty((0, 2))
    return Presence(
        listed_come=_rate(listed, _LISTED_COME),
        away_come=_rate(away, 1 - _LISTED_COME),
        others_come=np.array(
            [_rate(part, prior) for part, prior in zip(others, _OTHERS_COME, strict=True)]
        ),
        stays=all_stays if len(all_stays) else np.array([[-6.0, 8.0]]),
        errors=all_errors if len(all_errors) else np.zeros((1, 2)),
        stay_share=stay_share.shares(),
        live_share=live_share.shares(),
    )


class _ByKind:
    """Counts days at home by kind of day."""

    def __init__(self, prior: float) -> None:
        self.prior = prior
        self.known, self.home = np.zeros(len(GROUP_STARTS)), np.zeros(len(GROUP_STARTS))

    def add(self, there: FloatArray, group: IntArray) -> None:
        """Count ``there`` (home, day), NaN where unknown, of kinds (day,)."""
        n_kind = len(GROUP_STARTS)
        self.known += np.bincount(group, np.isfinite(there).sum(axis=0), n_kind)
        self.home += np.bincount(group, (there == 1).sum(axis=0), n_kind)

    def shares(self) -> FloatArray:
        """Shares (group,), with a prior worth a few homes."""
        return (self.home + _PRIOR_HOMES * self.prior) / (self.known + _PRIOR_HOMES)


def _rate(parts: Sequence[FloatArray], prior: float) -> float:
    """Share of ones among what is known, with a prior worth a few homes."""
    values = np.concatenate([part.ravel() for part in parts]) if parts else np.empty(0)
    values = values[np.isfinite(values)]
    return float((values.sum() + _PRIOR_HOMES * prior) / (len(values) + _PRIOR_HOMES))


def _came(
    one: Festival, festivals: tuple[Festival, ...]
) -> tuple[FloatArray, BoolArray, FloatArray, FloatArray]:
    """Whether each home came (home,), is lived in, its stay (home, 2), was there (home, day).

    NaN where unknown.
    """
    there = occupied(one.mean_kw, usual_day_kw(festivals))
    lives_in = lived_in(one, usual_day_kw(festivals))
    core = there[:, (one.days >= _CORE[0]) & (one.days <= _CORE[1])]
    came = np.where(np.isfinite(core).any(axis=1), np.nan_to_num(core).any(axis=1), np.nan)
    inside = (one.days >= _WINDOW[0]) & (one.days <= _WINDOW[1])
    lit, days = np.nan_to_num(there[:, inside]) == 1, one.days[inside]
    some = lit.any(axis=1)
    first = np.where(some, days[np.argmax(lit, axis=1)], np.nan)
    last = np.where(some, days[len(days) - 1 - np.argmax(lit[:, ::-1], axis=1)] + 1, np.nan)
    return came, lives_in, np.stack([first, last], axis=1), there


def past_share(festivals: tuple[Festival, ...]) -> FloatArray:
    """Share of the festivals that each home was occupied in (home,), NaN where unknown."""
    return known_mean(np.stack([_came(one, festivals)[0] for one in festivals], axis=1))


def _class(history: FloatArray) -> IntArray:
    """0 never came or unknown, 1 fewer than half, 2 half or more, 3 always."""
    share = np.nan_to_num(history)
    return (share > 0).astype(np.int64) + (share >= 0.5) + (share >= 1.0)
