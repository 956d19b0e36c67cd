"""What clamp readings can be: impossible ones are faults, odd ones are warnings."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gridplan.celltext import no_readings, number, shown
from gridplan.demand.weather import COLDEST_C, HOTTEST_C
from gridplan.errors import Fault, error, note, warn
from gridplan.frozen import FloatArray

#: What may be measured, in the order of the columns of ``doubt``.
MEASURED = ("ia", "ib", "ic", "in", "ua", "ub", "uc", "mean_c")
VOLTAGE_V = (150.0, 280.0)  #: phase to neutral, beyond it a reading is hard to believe; assumption
#: Angles between the currents of two phases differ from 120 degrees by at most this: power factors
#: from 0.85 (32 degrees) to 1, and voltages a few degrees out of balance; assumption [rad]
ANGLE_SPREAD = np.deg2rad(35.0)
#: Third harmonic of a phase current, which adds up in the neutral; assumption.
HARMONIC_SHARE = 0.25
ACCURACY, ACCURACY_A = 0.05, 1.0  #: of a clamp in the field: share of reading, and amperes; A
MAX_CURRENT_A = 2_000.0  #: more than the largest transformer of a village gives


def measured(
    name: str, texts: Sequence[str], where: Sequence[str], faults: list[Fault]
) -> FloatArray:
    """One measured column; NaN where not measured."""
    values = np.array([number(text) for text in texts], dtype=float)
    low, high, what_for = 0.0, np.inf, "a magnitude"
    remedy = "write amperes or volts, or leave it empty"
    if name == "mean_c":
        low, high, what_for = COLDEST_C, HOTTEST_C, f"{COLDEST_C:g} to {HOTTEST_C:g} degrees"
        remedy = "write the day's mean temperature in °C, or leave it empty"
    elif name.startswith("i"):
        high = MAX_CURRENT_A
    coded = no_readings(values)
    for at in np.flatnonzero(coded).tolist():
        what = f"{name} is {shown(texts[at])}, a logger's code for no reading"
        error(faults, "clamp-no-reading", where[at], what, "leave it empty, or measure it again")
    wrong = ~coded & (np.isinf(values) | (values < low))
    for at in np.flatnonzero(wrong).tolist():
        what = f"{name} is {shown(texts[at])}, not {what_for}"
        error(faults, "clamp-number", where[at], what, remedy)
    large = ~coded & ~wrong & (values > high)
    for at in np.flatnonzero(large).tolist():
        what = f"{name} is {values[at]:g}, more than {high:g}"
        hint = remedy if name == "mean_c" else "is it in mA, or already a sum?"
        error(faults, "clamp-number", where[at], what, hint)
    return np.where(coded | wrong | large, np.nan, values)


def doubt(values: FloatArray, where: Sequence[str], faults: list[Fault]) -> None:
    """Add warnings about values (reading, column) that are hard to believe."""
    low, high = neutral_bounds(values[:, :3])
    for at in np.flatnonzero(np.isnan(values[:, :3]).any(axis=1)).tolist():
        note(faults, "clamp-missing", where[at], "not all phase currents were measured: not used")
    for at in np.flatnonzero((values[:, 3] < low) | (values[:, 3] > high)).tolist():
        currents = ", ".join(f"{value:g}" for value in values[at, :3])
        what = f"In is {values[at, 3]:g} A with Ia, Ib, Ic of {currents} A: "
        what += f"expected {low[at]:.3g} to {high[at]:.3g} A"
        remedy = "were all four measured together, and on the right conductors?"
        warn(faults, "clamp-neutral", where[at], what, remedy)
    u_v = values[:, 4:7]
    for at, phase in np.argwhere((u_v < VOLTAGE_V[0]) | (u_v > VOLTAGE_V[1])):
        voltage = values[at, 4 + phase]
        what = f"{MEASURED[4 + phase]} is {voltage:g} V, not within {VOLTAGE_V[0]:g} to "
        what += f"{VOLTAGE_V[1]:g} V"
        between = 320 < voltage < 460
        remedy = "measure phase to neutral, not phase to phase" if between else "measure it again"
        warn(faults, "clamp-voltage", where[at], what, remedy)


def neutral_bounds(i_a: FloatArray) -> tuple[FloatArray, FloatArray]:
    r"""Lowest and highest believable neutral current of phase currents ``(reading, 3)`` [A].

    At equal power factors :math:`I_0 = \sqrt{I_a^2+I_b^2+I_c^2-I_aI_b-I_bI_c-I_cI_a}`.
    Power-factor angles within a spread :math:`\delta` turn every phasor by at most
    :math:`\delta/2` from a middle one, or two of them by :math:`\delta` from the largest; a phasor
    turned by x moves by :math:`2 I \sin(x/2)`. So the fundamental lies within :math:`I_0 \pm \min(2
    \sin(\delta/4) \sum I,\; 2 \sin(\delta/2) (\sum I - \max I))`, and never above
    :math:`\sum I`; third harmonics add up in the neutral, squared onto the upper end; the clamp's
    accuracy widens both.
    """
    a, b, c = i_a.T
    total = a + b + c
    balance = np.sqrt(np.maximum(a * a + b * b + c * c - a * b - b * c - c * a, 0.0))
    turned = np.minimum(
        2.0 * np.sin(ANGLE_SPREAD / 4.0) * total,
        2.0 * np.sin(ANGLE_SPREAD / 2.0) * (total - i_a.max(axis=1)),
    )
    error_a = ACCURACY * total + ACCURACY_A
    highest = np.hypot(np.minimum(balance + turned, total), HARMONIC_SHARE * total)
    return np.maximum(balance - turned, 0.0) - error_a, np.minimum(highest, total) + error_a
