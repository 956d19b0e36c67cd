r"""The level of each outgoing circuit's homes that clamp readings say, shrunk by what they can say.

The sum of a reading's phase currents, over what the model expects at that moment, is

.. math:: \ln y_r = m_r(\theta) + e_r,\qquad \theta_k = \alpha + \beta_k

with :math:`\theta_k` the logarithm of the level of circuit k's homes: a part of the whole area, and
one of the circuit, whose homes are few and differ. :math:`m` and the covariance of :math:`e` come
from draws of the model (who is at home, the moment, the weather, machines) and the clamp's own
accuracy, so that two readings within minutes count little more than one, and one of five homes
little at all. Newton steps of the linearised model give the posterior; readings that all others
and the model contradict count less.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gridplan.frozen import FloatArray, IntArray, own_fields

#: Standard deviation of the logarithm of an area's level around the model's, and between circuits
#: of many homes; assumptions (the levels of 2015 and 2021 lie 0.83 apart).
AREA_SD, CIRCUIT_SD = 0.35, 0.15
#: Lasting difference between the levels of homes; Source: as ``clamp_expected.MOMENT_CV``.
HOME_CV = 0.45
#: From this many standard deviations on a reading loses weight, and from these on it is said.
HARD_TO_BELIEVE, SAID = 2.5, 3.0
INTERVAL_SD = 1.645  #: ends of a 90 % interval
LEAST_A = 0.1  #: a model without load still draws something, so that its logarithm is known
_STEP, _N_ROUND, _SETTLED = 0.02, 60, 1e-6


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Modelled:
    """Phase currents that the model expects at the head of each reading's circuit.

    Attributes
    ----------
    homes_a, others_a : complex (draw, reading, 3) -- of homes at level 1, and of all else; the
        angle is that of the power [A]
    """

    homes_a: np.ndarray
    others_a: np.ndarray

    def total_a(self, theta: FloatArray) -> FloatArray:
        """Sum over the phases (draw, reading) [A] with the homes at level exp(theta (reading,))."""
        whole = np.abs(np.exp(theta)[:, None] * self.homes_a + self.others_a)
        return np.maximum(whole.sum(axis=2), LEAST_A)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Levels:
    """Logarithms of the levels of circuits.

    Attributes
    ----------
    theta, sd : float (circuit,) -- posterior mean and standard deviation
    area, area_sd : of the area's part: for homes on no circuit
    surprise : float (reading,) -- how far a reading lies from what the others and the model say, in
        standard deviations
    expected_a : float (reading, 3) -- what those say: 5 %, 50 %, 95 % [A]
    """

    theta: FloatArray
    sd: FloatArray
    area: float
    area_sd: float
    surprise: FloatArray
    expected_a: FloatArray

    def __post_init__(self) -> None:
        circuit, reading = (np.float64, ("circuit",)), (np.float64, ("reading",))
        layout = {"theta": circuit, "sd": circuit, "surprise": reading}
        own_fields(self, {**layout, "expected_a": (np.float64, ("reading", 3))}, {})


def fit_levels(
    measured_a: FloatArray,
    accuracy: FloatArray,
    circuit: IntArray,
    modelled: Modelled,
    homes: IntArray,
) -> Levels:
    """Levels of all circuits.

    Parameters
    ----------
    measured_a : float (reading,) -- sums over the phases, above 0 [A]
    accuracy : float (reading,) -- standard deviation of their logarithm
    circuit : int (reading,)
    modelled : at the same readings
    homes : int (circuit,) -- number of homes that are lived in
    """
    n = len(homes)
    prior = AREA_SD**2 * np.ones((n + 1, n + 1))
    between = CIRCUIT_SD**2 + np.log1p(HOME_CV**2) / np.maximum(homes, 1)
    prior[:n, :n] += np.diag(between)  # the last one is the area itself
    own = np.zeros((len(circuit), n + 1))
    own[np.arange(len(circuit)), circuit] = 1.0
    theta, inflated = np.zeros(n + 1), np.zeros(len(circuit))
    for _ in range(_N_ROUND):
        before = theta
        log_a = np.log(modelled.total_a(own @ theta))
        rise = (np.log(modelled.total_a(own @ theta + _STEP)) - log_a).mean(axis=0) / _STEP
        slope = rise[:, None] * own
        noise = np.atleast_2d(np.cov(log_a, rowvar=False)) + np.diag(accuracy**2)
        gap = np.log(measured_a) - log_a.mean(axis=0) + slope @ theta
        whole = slope @ prior @ slope.T + noise + np.diag(inflated)
        inverse = np.linalg.inv(whole)
        theta = prior @ slope.T @ inverse @ gap
        # of a reading without itself: its gap, and the variance of that
        left_out = 1.0 / np.diag(inverse)
        alone, variance = (inverse @ gap) * left_out, left_out - inflated
        surprise = alone / np.sqrt(variance)
        beyond = np.maximum(np.abs(surprise) / HARD_TO_BELIEVE, 1.0) ** 2 - 1.0
        inflated = 0.5 * inflated + 0.5 * beyond * variance
        if np.abs(theta - before).max() < _SETTLED:
            break
    spread = prior - prior @ slope.T @ inverse @ slope @ prior
    sd = np.sqrt(np.diag(spread))
    ends = np.array([-INTERVAL_SD, 0.0, INTERVAL_SD])
    middle = np.log(measured_a) - alone
    return Levels(
        theta=theta[:n],
        sd=sd[:n],
        area=float(theta[n]),
        area_sd=float(sd[n]),
        surprise=surprise,
        expected_a=np.exp(middle[:, None] + ends * np.sqrt(variance)[:, None]),
    )
