r"""Whether the phase labels of an outgoing circuit agree with the currents that a crew measured.

Each reading gives the shares :math:`s_f = I_f / \sum I` of the three phases, which do not depend on
the level. Draws of the model give the mean :math:`\mu_H` and covariance :math:`C_H` of all shares
of a circuit under seven hypotheses: the labels as recorded, each of the five exchanges of whole
phases, and some movable units on other phases than recorded. With the clamp's own accuracy R,

.. math:: P(H | s) \propto P(H)\, t_\nu(s;\, \mu_H,\, C_H + R)

Student's t in place of the normal law, because no model's tails are as thin as that. A circuit
whose phases are loaded alike gives all hypotheses the same density: then the probabilities stay
what they were before, and nothing is said.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from gridplan.frozen import BoolArray, FloatArray, IntArray
from gridplan.network.customers import PERMUTATIONS

#: Before any reading: labels as recorded, whole phases exchanged, some units wrong; assumptions.
AS_RECORDED, EXCHANGED, SOME_WRONG = 0.85, 0.05, 0.10
#: Share of the units that are wrong where some are (assumption); more where their confidence says.
WRONG_SHARE = 0.2
#: Of one phase's current beside the others', as a share of it, and in amperes: a clamp read at
#: another moment, or not quite closed; assumptions.
ACCURACY, ACCURACY_A = 0.04, 0.5
FREEDOM = 6.0  #: degrees of freedom of Student's t; assumption
#: Shares as two coordinates at right angles: their sum is 1.
_PLANE = np.array([[1.0, -1.0, 0.0], [1.0, 1.0, -2.0]]) / np.sqrt([[2.0], [6.0]])


def prior() -> FloatArray:
    """Probabilities before any reading (hypothesis,): as recorded, exchanged, some wrong.

    The exchanges are those of ``PERMUTATIONS``: what is recorded as f is on phase ``order[f]``.
    """
    each = EXCHANGED / (len(PERMUTATIONS) - 1)
    return np.array([AS_RECORDED, *[each] * (len(PERMUTATIONS) - 1), SOME_WRONG])


def label_probabilities(
    measured_a: FloatArray,
    power: np.ndarray,
    share: FloatArray,
    volts: FloatArray,
    units: IntArray,
    confidence: FloatArray,
    uniform: Callable[[int, int], FloatArray],
) -> FloatArray:
    """Probability of each hypothesis (hypothesis,), in the order of ``prior``.

    Parameters
    ----------
    measured_a : float (reading, 3) -- [A], all of them known
    power : complex (draw, reading, customer) -- of the circuit's customers [kVA]
    share : float (customer, 3) -- of their power on phases a, b, c, by the labels
    volts : float (reading, 3) -- phase to neutral [V]
    units : int (customer,) -- customers of one number change phase together
    confidence : float (customer,) -- in the phase record
    uniform : gives random numbers from 0 to 1 for (draws, units)
    """
    from scipy.stats import multivariate_t  # takes a second to load, and few studies have readings

    total = measured_a.sum(axis=1, keepdims=True)
    seen = ((measured_a / total) @ _PLANE.T).ravel()
    accuracy = ((ACCURACY * measured_a) ** 2 + ACCURACY_A**2) / total**2
    blur = np.zeros((seen.size, seen.size))
    for reading, phases in enumerate(accuracy):
        at = slice(2 * reading, 2 * reading + 2)
        blur[at, at] = _PLANE @ np.diag(phases) @ _PLANE.T
    recorded_a = np.abs(power @ share) / volts
    draws = [recorded_a[..., np.argsort(order)] for order in PERMUTATIONS]
    mixed = _some_wrong(share, units, confidence, uniform, len(power))
    draws.append(np.abs(np.einsum("drc,dcf->drf", power, mixed)) / volts)
    density = []
    for one in draws:
        shares = one / np.maximum(one.sum(axis=2, keepdims=True), 1e-9)
        points = (shares @ _PLANE.T).reshape(len(one), -1)
        covariance = np.atleast_2d(np.cov(points, rowvar=False)) + blur
        shape = covariance * (FREEDOM - 2.0) / FREEDOM  # so that the covariance is this one
        density.append(multivariate_t(points.mean(axis=0), shape, df=FREEDOM).logpdf(seen))
    weight = np.log(prior()) + np.array(density)
    weight = np.exp(weight - weight.max())
    return weight / weight.sum()


def _some_wrong(
    share: FloatArray,
    units: IntArray,
    confidence: FloatArray,
    uniform: Callable[[int, int], FloatArray],
    n_draw: int,
) -> FloatArray:
    """Shares (draw, customer, 3) with some units on other phases, at least one in every draw."""
    names, unit = np.unique(units, return_inverse=True)
    doubt = np.zeros(len(names))
    np.maximum.at(doubt, unit, 1.0 - confidence)
    chance = uniform(n_draw, len(names))
    wrong: BoolArray = chance < np.maximum(doubt, WRONG_SHARE)
    likeliest = np.argmin(chance / np.maximum(doubt, WRONG_SHARE), axis=1)
    wrong[np.arange(n_draw), likeliest] = True
    turn = np.where(wrong, 1 + (chance * 1e6).astype(np.int64) % 2, 0)[:, unit]
    phase = np.arange(3)
    return np.take_along_axis(
        np.broadcast_to(share, (n_draw, *share.shape)), (phase - turn[..., None]) % 3, axis=2
    )
