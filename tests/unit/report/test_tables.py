"""Numbers, texts and pictures as the report shows them."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations

import numpy as np
import pytest
from matplotlib.figure import Figure

from gridplan.network.feeder import Feeder
from gridplan.plan import Plan
from gridplan.records.quantities import sweep_quantities
from gridplan.report.labels import Label, draw_labels
from gridplan.report.layout import downstream_phases, node_positions
from gridplan.report.series import _coarse, quantiles
from gridplan.report.svg import drawing_style, inline_svg
from gridplan.report.tables import evidence_text, number, percent
from gridplan.report.village import overloaded_lines, village_figure


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (104.04, "104"),
        (99.96, "100"),
        (31.25, "31.2"),
        (12345.0, "12,300"),
        (0.000123, "0.000123"),
        (-3.14159, "-3.14"),
        (float("nan"), "–"),
        (float("inf"), "–"),
        (None, "–"),
    ],
)
def test_numbers_have_three_digits(value: float | None, text: str) -> None:
    assert number(value) == text


@pytest.mark.parametrize(
    ("share", "text"),
    [(0, "0 %"), (0.005, "<1 %"), (0.5, "50 %"), (0.995, ">99 %"), (1, "100 %")],
)
def test_a_probability_is_never_rounded_to_certainty(share: float, text: str) -> None:
    assert percent(share) == text


def test_evidence_lists_are_short_and_named() -> None:
    customers = [{"customer_id": f"u{i}", "probability": 0.5} for i in range(8)]
    text = evidence_text({"n_customers": 8, "customers": customers})
    assert text.startswith("n customers: 8; customers: u0 (probability 0.5), u1")
    assert text.endswith("and 2 more")


def test_phases_behind_each_node(feeder: Feeder) -> None:
    bits = downstream_phases(feeder)
    assert bits.tolist() == [0, 7, 7, 7, 5, 1, 1, 2, 4, 1]


def test_coordinates_of_the_file_are_used(feeder: Feeder) -> None:
    places, own = node_positions(feeder)
    assert own
    assert places[5].tolist() == [160.0, 0.0]


def test_without_coordinates_a_tree_is_laid_out(bare_feeder: Feeder) -> None:
    places, own = node_positions(bare_feeder)
    assert not own
    assert np.isfinite(places).all()
    lv = places[1:]
    assert len(np.unique(lv.round(6), axis=0)) == len(lv), "no node hides another"
    lines = bare_feeder.lines
    assert (places[lines.to_node, 0] > places[lines.from_node, 0]).all()
    with drawing_style():
        svg = inline_svg(village_figure(bare_feeder), "t", "x")
    assert "no coordinates" in svg


def test_overloaded_lines_are_those_above_their_ampacity(plan: Plan) -> None:
    assert overloaded_lines(plan.before.sweep) == {"L0"}
    assert overloaded_lines(plan.after.sweep) == frozenset()


def test_a_case_without_a_solution_lies_above_every_other() -> None:
    values = np.array([[1.0, np.nan], [2.0, 3.0], [3.0, np.nan]], dtype=np.float32)
    bands = quantiles(values)
    assert bands[2, 0] == 2.0
    assert np.isinf(bands[2, 1])


def test_a_long_period_keeps_its_peaks(plan: Plan) -> None:
    sweep = plan.before.sweep
    values = sweep.s_kva[1]
    long = np.tile(values, (1, 10))
    long[:, 1001] = 99.0
    times = sweep.times[0] + np.arange(long.shape[1]) * np.timedelta64(15, "m")
    shown, bands = _coarse(long, type("S", (), {"times": times}))
    assert len(shown) <= 700
    assert bands.max() == 99.0


def test_sweep_quantities_are_quantiles_of_extremes(plan: Plan) -> None:
    sweep, rated_a = plan.before.sweep, plan.feeder.transformer.rated_a
    rows = {row.name: row for row in sweep_quantities(plan.feeder, sweep, "sweep")}
    peaks = [max(sweep.i_phase_a[1, draw].max(axis=-1)) for draw in range(sweep.n_draw)]
    expected = 100 * np.quantile(np.array(peaks, dtype=np.float64), 0.95) / rated_a
    value = rows["sweep/cold_snap/peak_loading_percent/p95"].value
    assert value == pytest.approx(expected, rel=1e-5)
    assert rows["sweep/expected/unsolved"].value == 5
    lowest = rows["sweep/cold_snap/lowest_voltage_v/p05"].value
    assert lowest == pytest.approx(np.quantile(sweep.v_min_v[1].min(axis=-1), 0.05), rel=1e-6)


def test_a_sweep_without_solutions_has_noquantiles(
    feeder: Feeder, unsolved_sweep: Callable[[], object]
) -> None:
    rows = sweep_quantities(feeder, unsolved_sweep(), "sweep")
    values = {row.name: row.value for row in rows}
    assert values["sweep/expected/peak_loading_percent/p95"] is None
    assert values["sweep/expected/lowest_voltage_v/p05"] is None


def test_no_label_covers_another() -> None:
    figure = Figure(figsize=(8, 4), layout="constrained")
    axes = figure.add_subplot()
    axes.set(xlim=(0, 100), ylim=(0, 100))
    labels = [
        Label(text=f"{k}. box {k}: a → c", place=np.array([50 + 0.2 * k, 50.0]), colour="#000000")
        for k in range(6)
    ]
    with drawing_style():
        draw_labels(axes, labels, np.array([[50.0, 50.0]]))
        figure.draw_without_rendering()
        boxes = [text.get_bbox_patch().get_window_extent() for text in axes.texts]
    assert len(boxes) == 6
    for first, second in combinations(boxes, 2):
        assert not first.overlaps(second)
