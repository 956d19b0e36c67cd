"""The air around a transformer: what the scenario's weather leaves outdoors, draw by draw."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from gridplan.demand.settings import ForecastSettings
from gridplan.frozen import Float32Array, FloatArray

#: Hour at which a day is warmest; it is coldest twelve hours later (assumption: a sine).
WARMEST_HOUR = 15.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Ambient:
    """Outdoor temperature of every case.

    The same daily means that set the homes' heating: usual mean, the scenario's path or offset, and
    the draw's deviation, which all scenarios share; and a sine over the day.

    Attributes
    ----------
    mean_c : float (scenario, step) -- without the draw's deviation [degC]
    deviation_c : of a draw, float (step,) [K]
    """

    mean_c: FloatArray
    deviation_c: Callable[[int], FloatArray]

    def block(self, first_draw: int, last_draw: int) -> Float32Array:
        """Temperatures (scenario, draw, step) of some draws [degC]."""
        deviation = np.array([self.deviation_c(draw) for draw in range(first_draw, last_draw)])
        return (self.mean_c[:, None] + deviation[None]).astype(np.float32)

    def only(self, scenarios: list[int]) -> Ambient:
        """The same for some of the scenarios."""
        return Ambient(mean_c=self.mean_c[scenarios], deviation_c=self.deviation_c)


def ambient_of(
    settings: ForecastSettings,
    warmer_c: tuple[FloatArray | float, ...],
    deviation_c: Callable[[int], FloatArray],
) -> Ambient | None:
    """The air of a study; None where it gives no usual temperature.

    Parameters
    ----------
    settings : ``usual_c`` and ``usual_range_c``
    warmer_c : how much warmer than usual each scenario is, a number or (step,) [K]
    deviation_c : of a draw from its scenario, float (step,) [K]
    """
    if settings.usual_c is None:
        return None
    per_day = 24 * 60 // settings.step_minutes
    hour = (np.arange(per_day) + 0.5) * settings.step_minutes / 60
    swing = settings.usual_range_c / 2 * np.cos((hour - WARMEST_HOUR) * np.pi / 12)
    usual = settings.usual_c + np.tile(swing, len(settings.period.dates))
    return Ambient(
        mean_c=np.array([usual + warmer for warmer in warmer_c]), deviation_c=deviation_c
    )
