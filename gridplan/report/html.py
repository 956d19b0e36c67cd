"""``report.html``: one page that needs nothing but itself."""

from __future__ import annotations

from importlib import resources
from typing import TYPE_CHECKING, Any

from gridplan.report.charts import currents_figure, loading_figure, peak_day
from gridplan.report.heat_chart import heat_figure, hottest_scenario
from gridplan.report.measures import cost_rows, measure_rows, recommendation_rows
from gridplan.report.moves import FIELD_STEPS, pareto_rows
from gridplan.report.record import feeder_record, moved_customers
from gridplan.report.svg import FONT_STACK, PHASE_COLOURS, drawing_style, inline_svg
from gridplan.report.tables import (
    clamp_rows,
    condition_rows,
    finding_rows,
    headline_rows,
    metrics_rows,
    number,
    provenance_rows,
    verdict_rows,
)
from gridplan.report.village import overloaded_lines, village_figure

if TYPE_CHECKING:
    from gridplan.plan import Plan


def report_html(plan: Plan) -> str:
    """The report of a plan as one HTML page; every text from a file is escaped."""
    from jinja2 import Environment, StrictUndefined
    from markupsafe import Markup

    source = resources.files("gridplan.report").joinpath("templates/report.html.j2")
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    template = environment.from_string(source.read_text(encoding="utf-8"))
    # the figures are the only markup that is not escaped; matplotlib escapes the text inside them
    figures = {
        name: [(caption, Markup(svg)) for caption, svg in drawings]
        for name, drawings in _figures(plan).items()
    }
    return template.render(**_content(plan), figures=figures, font_stack=Markup(FONT_STACK))


def _figures(plan: Plan) -> dict[str, list[tuple[str, str]]]:
    """Captions and SVG of every figure."""
    sweep = plan.before.sweep
    with drawing_style():
        village = village_figure(plan.feeder, plan.proposal.moves, overloaded_lines(sweep))
        title = f"Single-line picture of {plan.feeder.name}"
        figures: dict[str, list[tuple[str, str]]] = {
            "village": [(title, inline_svg(village, title, "village"))],
            "loading": [],
            "currents": [],
            "heat": [],
        }
        if (hottest := hottest_scenario(plan)) is not None:
            name = sweep.scenarios[hottest].replace("_", " ")
            drawing = inline_svg(heat_figure(plan, hottest), f"Temperatures, {name}", "heat")
            figures["heat"].append((f"{name}, {peak_day(sweep, hottest)}", drawing))
        for row, scenario in enumerate(sweep.scenarios):
            name = scenario.replace("_", " ")
            drawing = inline_svg(loading_figure(plan, row), f"Phase load, {name}", f"l{row}")
            figures["loading"].append((name, drawing))
            drawing = inline_svg(currents_figure(plan, row), f"Currents, {name}", f"i{row}")
            day = "" if sweep.step_minutes == 0 else f", {peak_day(sweep, row)}"
            figures["currents"].append((f"{name}{day}", drawing))
    return figures


def _content(plan: Plan) -> dict[str, Any]:
    sweep, certificate = plan.before.sweep, plan.proposal.certificate
    return {
        "feeder": feeder_record(plan.feeder),
        "study": plan.study.title or plan.study.name,
        "verdict": plan.verdict,
        "verdicts": verdict_rows(plan),
        "headline": headline_rows(plan),
        "conditions": condition_rows(plan) if plan.before.findings.conditions else [],
        "states": [
            ("Findings today", finding_rows(plan.before.findings, plan.waivers)),
            ("Findings after the moves", finding_rows(plan.after.findings, plan.waivers)),
        ],
        "precision": plan.precision,
        "not_assessed": plan.before.findings.not_assessed,
        "moves": moved_customers(plan.proposal.moves),
        "n_moves": len(plan.proposal.moves),
        "field_steps": FIELD_STEPS,
        "scenarios": [name.replace("_", " ") for name in sweep.scenarios],
        "measures": measure_rows(plan.measures, sweep.scenarios),
        "recommendations": recommendation_rows(plan.measures),
        "costs": cost_rows(plan.measures),
        "metrics": metrics_rows(plan.proposal),
        "certificate": certificate,
        "pareto": pareto_rows(plan.proposal),
        "proposal": plan.proposal,
        "gaps": [
            ("Bound: no labelling can be better than", f"{certificate.bound:.4g}"),
            ("MIP gap", f"{number(certificate.mip_gap_percent)} %"),
            ("Linearisation gap", f"{number(certificate.linearisation_gap_percent)} %"),
            ("Scenario gap", f"{number(certificate.scenario_gap_percent)} %"),
            ("Above the bound by", f"{number(certificate.bound_gap_percent)} %"),
            (
                "Unbalance that the best labelling keeps",
                number(certificate.floor_unbalance_percent),
            ),
            ("Transformer too small by", f"{number(certificate.shortfall_kva)} kVA"),
        ],
        "clamp": clamp_rows(plan),
        "clamp_applied": plan.clamp is not None and plan.clamp.applied,
        "notes": (*plan.feeder.notes, *plan.notes),
        "sweep": {
            "cases": f"{sweep.n_case:,}",
            "draws": sweep.n_draw,
            "steps": f"{len(sweep.times):,}",
            "unsolved": f"{sweep.not_converged:,}",
            "after_unsolved": f"{plan.after.sweep.not_converged:,}",
            "residual": f"{max(sweep.max_residual_pu, plan.after.sweep.max_residual_pu):.1e}",
        },
        "provenance": provenance_rows({**plan.provenance, "seconds": plan.seconds}),
        "phase_colours": dict(zip("abc", PHASE_COLOURS, strict=True)),
    }
