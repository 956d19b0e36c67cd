"""``report.html``: one page that needs nothing but itself."""

from __future__ import annotations

import base64
import hashlib
import json
from importlib import resources
from typing import TYPE_CHECKING, Any

from gridplan.report.figures import Picture, Pictures
from gridplan.report.measures import cost_rows, measure_rows, recommendation_rows, step_rows
from gridplan.report.minute import minute_rows, precision_words, verdict_words
from gridplan.report.moves import pareto_rows
from gridplan.report.phrases import said
from gridplan.report.record import feeder_record, moved_customers
from gridplan.report.svg import FONT_STACK
from gridplan.report.tables import (
    clamp_rows,
    condition_rows,
    finding_rows,
    gap_rows,
    headline_rows,
    metrics_rows,
    provenance_rows,
    scenario_words,
)
from gridplan.report.words import Words

if TYPE_CHECKING:
    from gridplan.plan import Plan

#: Name of the plotly.js bundle that the page carries, see ``scripts/carry_plotly.py``.
BUNDLE = "plotly-cartesian.min.js"
#: Sections of the evidence: anchor, text of its heading.
_SECTIONS = (
    ("village", "village"), ("moves", "move_list"), ("load-test", "load_test"),
    ("loading", "loading"), ("heatmap", "heatmap"), ("currents", "phase_currents"),
    ("heat", "heat"), ("profile", "profile"), ("conditions", "conditions_heading"),
    ("findings-today", "findings_today"), ("findings-after", "findings_after"),
    ("options", "compared"), ("pareto", "pareto"), ("certificate", "certificate"),
    ("doubts", "doubts"), ("provenance", "provenance"),
)  # fmt: skip
#: Sections that are there only if they have something to show.
_IF_SHOWN = ("heatmap", "heat", "profile", "pareto")


def report_html(plan: Plan, *, language: str = "en", interactive: bool = True) -> str:
    """The report of a plan as one HTML page; every text from a file is escaped.

    Parameters
    ----------
    plan : what it reports
    language : "en" or "zh"
    interactive : with plotly.js; without, every figure stays as printed
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined
    from markupsafe import Markup

    environment = Environment(
        loader=PackageLoader("gridplan.report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    words = Words(language)
    pictures = Pictures(plan, words).all()
    # figures, style and scripts are the only markup that is not escaped: matplotlib escapes the
    # text inside figures, and the data of the interactive ones holds no "<"
    shown = [_with_markup(picture, Markup, interactive=interactive) for picture in pictures]
    scripts = _scripts(pictures, words) if interactive else {}
    return environment.get_template("report.html.j2").render(
        **_content(plan, words, pictures),
        w=words,
        pictures=shown,
        css=Markup(_packaged("templates", "report.css")),
        font_stack=Markup(FONT_STACK),
        plots=Markup(scripts.get("plots", "")),
        plotly=Markup(scripts.get("plotly", "")),
        script=Markup(scripts.get("script", "")),
        policy=Markup(_policy(scripts)),
    )


def _with_markup(picture: Picture, markup: Any, *, interactive: bool) -> dict[str, Any]:
    return {
        "section": picture.section,
        "id": picture.id,
        "caption": picture.caption,
        "alt": picture.alt,
        "svg": markup(picture.svg),
        "plot": interactive and picture.plot is not None,
    }


def _scripts(pictures: tuple[Picture, ...], words: Words) -> dict[str, str]:
    """Data of the interactive figures, plotly.js, and what draws the one with the other."""
    plots = {f"plot-{one.id}": one.plot for one in pictures if one.plot is not None}
    if not plots:
        return {}
    record = {
        "lang": words("html_lang"),
        "font": FONT_STACK,
        "dictionary": {
            "Download plot as a PNG": words("plot_download"),
            "Download plot": words("plot_download"),
            "Zoom": words("plot_zoom"),
            "Pan": words("plot_pan"),
            "Reset axes": words("plot_reset"),
        },
        "figures": plots,
    }
    data = json.dumps(record, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return {
        "plots": data.replace("<", "\\u003c"),
        "plotly": _packaged("data", BUNDLE),
        "script": _packaged("templates", "figures.js"),
    }


def _policy(scripts: dict[str, str]) -> str:
    """What the page may load: nothing but its own style, its own two scripts, and pictures."""
    hashes = " ".join(
        f"'sha256-{base64.b64encode(hashlib.sha256(scripts[name].encode()).digest()).decode()}'"
        for name in ("plotly", "script")
        if name in scripts
    )
    scripts_allowed = hashes or "'none'"
    return (
        f"default-src 'none'; script-src {scripts_allowed}; style-src 'unsafe-inline'; "
        "img-src data: blob:; base-uri 'none'; form-action 'none'"
    )


def _packaged(*parts: str) -> str:
    return resources.files("gridplan.report").joinpath(*parts).read_text(encoding="utf-8")


def _content(plan: Plan, words: Words, pictures: tuple[Picture, ...]) -> dict[str, Any]:
    sweep = plan.before.sweep
    conditions = condition_rows(plan, words) if plan.before.findings.conditions else []
    clamp = clamp_rows(plan, words)
    drawn = {picture.section for picture in pictures}
    absent = {name for name in _IF_SHOWN if name not in drawn}
    absent |= {name for name, there in (("conditions", conditions), ("load-test", clamp))
               if not there}  # fmt: skip
    sections = [(key, words(title)) for key, title in _SECTIONS if key not in absent]
    joint = words("and_then")
    return {
        "feeder": feeder_record(plan.feeder),
        "study": plan.study.title or plan.study.name,
        "verdict": verdict_words(plan, words),
        "minute": minute_rows(plan, words),
        "sections": sections,
        "title_of": dict(sections),
        "headline": headline_rows(plan, words),
        "conditions": conditions,
        "states": [
            ("findings-today", finding_rows(plan.before.findings, plan.waivers, words=words)),
            ("findings-after", finding_rows(plan.after.findings, plan.waivers, words=words)),
        ],
        "precise": plan.precision.reached,
        "precision": precision_words(plan.precision, words),
        "joint": joint,
        "not_assessed": joint.join(said(one, words) for one in plan.before.findings.not_assessed),
        "moves": moved_customers(plan.proposal.moves),
        # in this order: a disconnected neutral under a live phase puts the line-to-line voltage on
        # the customer's appliances, a crossed neutral trips both circuits' residual-current devices
        "field_steps": [words(f"field_step_{step}") for step in range(1, 5)],
        "scenarios": [scenario_words(name, words) for name in sweep.scenarios],
        "measures": measure_rows(plan.measures, sweep.scenarios, words=words),
        "recommendations": recommendation_rows(plan.measures, words),
        "steps": step_rows(plan.measures, words),
        "costs": cost_rows(plan.measures, words),
        "metrics": metrics_rows(plan.proposal, words),
        "certificate": said(plan.proposal.certificate.sentence, words),
        "pareto": pareto_rows(plan.proposal, words),
        "between": said(plan.proposal.between, words),
        "proposal_note": said(plan.proposal.note, words),
        "doubt": plan.proposal.doubt,
        "gaps": gap_rows(plan.proposal.certificate, words),
        "clamp": clamp,
        "clamp_applied": plan.clamp is not None and plan.clamp.applied,
        "notes": (*plan.feeder.notes, *plan.notes),
        "severities": {name: words(f"severity_{name}") for name in ("error", "warning", "note")},
        "sweep": _sweep_words(plan),
        "provenance": provenance_rows({**plan.provenance, "seconds": plan.seconds}, Words("en")),
        "version": plan.provenance.get("gridplan", ""),
        "made": str(plan.provenance.get("made", ""))[:10],
    }


def _sweep_words(plan: Plan) -> dict[str, str]:
    """Sizes of the sweeps and how well they were solved."""
    sweep, again = plan.before.sweep, plan.after.sweep
    return {
        "cases": f"{sweep.n_case:,}",
        "draws": f"{sweep.n_draw:,}",
        "steps": f"{len(sweep.times):,}",
        "unsolved": f"{sweep.not_converged:,}",
        "after_unsolved": f"{again.not_converged:,}",
        "residual": f"{max(sweep.max_residual_pu, again.max_residual_pu):.1e}",
    }
