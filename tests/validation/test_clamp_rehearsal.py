"""Clamp readings of villages that live appliance by appliance, not as the model does: a rehearsal.

What the readings say must come closer to the truth than the model alone, and labels be doubted
where they are wrong, hardly ever where they are right. docs/method.md states the figures.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import gridplan as gp
from gridplan.demand.forecast import forecast_demand
from tests.unit.demand.clamp_truth import (
    DAYS,
    N_CIRCUIT,
    Truth,
    mislabelled,
    settings_in,
    simulate,
)

ROOT = Path(__file__).parents[2]
TWO_EVENINGS = ((-18, 18.5), (-17, 19.5))
ORDINARY, FESTIVE = (-20, -12), (-1, 2)


@pytest.fixture(scope="module", autouse=True)
def scripts() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ROOT / "scripts"))
        yield


def villages(*numbers: tuple[int, int], mean_homes: int = 60) -> list[Truth]:
    return [simulate(index, seed, mean_homes) for seed, index in numbers]


def modelled_kw(demand: gp.Demand) -> np.ndarray:
    """Mean over the draws (home, day, hour)."""
    p_kw = demand.block(0, demand.n_draw)[0][0].mean(axis=1)
    return p_kw.reshape(len(p_kw), len(DAYS), 24)


def rms(values: np.ndarray) -> float:
    return float(np.sqrt(np.mean(np.square(values))))


def level_errors(truths: list[Truth], folder: Path) -> np.ndarray:
    """Logarithm of true over forecast demand (village, 2, 2, circuit).

    Without and with readings; of ordinary evenings and of those of the festival.
    """
    found = []
    for number, truth in enumerate(truths):
        truth.write(folder, TWO_EVENINGS, np.random.default_rng([number, 7]))
        kw = [
            modelled_kw(forecast_demand(truth.feeder(), settings_in(folder, clamp=clamp)))
            for clamp in (None, "clamp.csv")
        ]
        found.append([[truth.level(one, days) for days in (ORDINARY, FESTIVE)] for one in kw])
    return np.array(found)


def doubts(truths: list[Truth], folder: Path, kind: str | None) -> np.ndarray:
    """Probability that the labels of a circuit are wrong, and the share of load that is.

    (circuit, 2); ``kind`` None: the labels are right.
    """
    found = []
    for number, truth in enumerate(truths):
        rng = np.random.default_rng([number, 7])
        truth.write(folder, TWO_EVENINGS, rng)
        present = np.where(truth.lived_in, 1.0, 0.05)
        clamp = None
        for circuit in range(N_CIRCUIT):
            phase = truth.phase if kind is None else mislabelled(truth, kind, circuit, rng)
            if kind is not None or clamp is None:
                clamp = forecast_demand(truth.feeder(phase), settings_in(folder)).clamp
            assert clamp is not None
            own = truth.circuit == circuit
            loads = [np.bincount(one[own], present[own], 3) for one in (truth.phase, phase)]
            off = np.abs(loads[1] - loads[0]).max() / present[own].sum()
            found.append((1.0 - (clamp.circuits[circuit].labels_hold or 0.0), off))
    return np.array(found)


def test_calibrated_levels_are_nearer_to_the_truth(tmp_path: Path) -> None:
    errors = level_errors(villages((1, 2), (1, 5), (3, 1)), tmp_path)
    assert rms(errors[:, 1, 0]) < 0.8 * rms(errors[:, 0, 0])


def test_wrong_labels_are_doubted_and_right_ones_are_not(tmp_path: Path) -> None:
    truths = villages((3, 6))
    assert (doubts(truths, tmp_path, None)[:, 0] < 0.9).all()
    exchanged = doubts(truths, tmp_path, "exchanged")
    much = exchanged[:, 1] > 0.3
    assert much.sum() == 2
    assert (exchanged[much, 0] > 0.9).all()


@pytest.mark.slow
def test_the_figures_of_the_method_page(tmp_path: Path) -> None:
    """Twenty villages of two counties, sixty circuits."""
    truths = villages(*((seed, index) for seed in (1, 3) for index in range(10)))
    errors = level_errors(truths, tmp_path)
    print("levels", [[rms(errors[:, case, days]) for days in (0, 1)] for case in (0, 1)])
    assert rms(errors[:, 0, 0]) == pytest.approx(0.32, abs=0.03)
    assert rms(errors[:, 1, 0]) < 0.22
    assert rms(errors[:, 1, 1]) < 0.9 * rms(errors[:, 0, 1])
    right, exchanged, boxes = (
        doubts(truths, tmp_path, kind) for kind in (None, "exchanged", "boxes")
    )
    for name, found in (("right", right), ("exchanged", exchanged), ("boxes", boxes)):
        much = found[found[:, 1] >= 0.35, 0] >= 0.9
        print(name, (found[:, 0] >= 0.9).mean(), "of", len(found), much.sum(), "of", len(much))
    assert (right[:, 0] >= 0.9).mean() <= 0.02
    assert (exchanged[:, 0] >= 0.9).mean() >= 0.55
    assert (exchanged[exchanged[:, 1] >= 0.35, 0] >= 0.9).mean() >= 0.8
    assert (boxes[:, 0] >= 0.9).mean() >= 0.2
