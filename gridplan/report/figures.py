"""The figures of the page: each printed and, where it gains by it, interactive."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from gridplan.report.charts import currents_figure, heat_figure, loading_figure
from gridplan.report.field_charts import (
    day_hour_figure,
    moves_figure,
    options_figure,
    profile_figure,
)
from gridplan.report.interactive import currents_plot, heat_plot, loading_plot
from gridplan.report.interactive_field import (
    day_hour_plot,
    moves_plot,
    options_plot,
    profile_plot,
)
from gridplan.report.phrases import said
from gridplan.report.profile import voltage_profile
from gridplan.report.series import day_hours, hottest_scenario, peak_day
from gridplan.report.svg import drawing_style, inline_svg
from gridplan.report.tables import number, scenario_words
from gridplan.report.tradeoffs import moves_curve, option_points
from gridplan.report.village import overloaded_lines, village_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from gridplan.plan import Plan
    from gridplan.report.words import Words


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """One figure of the page.

    Attributes
    ----------
    section : "village", "loading", "heatmap", "currents", "heat", "profile", "options", "pareto"
    id : unique in the page
    caption, alt : what stands above it, and what it says to those who do not see it
    svg : the printed figure
    plot : the same for plotly.js; None where it stays as printed
    """

    section: str
    id: str
    caption: str
    alt: str
    svg: str
    plot: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Pictures:
    """Draws the figures of a plan in one language."""

    plan: Plan
    words: Words

    def all(self) -> tuple[Picture, ...]:
        """Every figure in the order of the page; those without content are left out."""
        with drawing_style():
            return tuple(
                [
                    self._village(),
                    *self._per_scenario(),
                    *self._heat(),
                    *self._profile(),
                    *self._options(),
                    *self._moves(),
                ]
            )

    def _make(
        self,
        section: str,
        key: str,
        drawing: Figure,
        texts: tuple[str, str],
        plot: dict[str, Any] | None = None,
    ) -> Picture:
        caption, alt = texts
        svg = inline_svg(drawing, alt, key)
        return Picture(section=section, id=key, caption=caption, alt=alt, svg=svg, plot=plot)

    def _village(self) -> Picture:
        plan, words = self.plan, self.words
        moves, hot = plan.proposal.moves, overloaded_lines(plan.before.sweep)
        drawing = village_figure(plan.feeder, moves, hot, words.language)
        alt = words(
            "village_alt",
            poles=len(plan.feeder.nodes) - plan.feeder.busbar,
            homes=len(plan.feeder.customers),
            moves=len(moves),
            hot=len(hot),
        )
        title = words("village_title", area=plan.feeder.name)
        return self._make("village", "village", drawing, (title, alt))

    def _per_scenario(self) -> Iterator[Picture]:
        for row, name in enumerate(self.plan.before.sweep.scenarios):
            yield self._loading(row, name)
            yield from self._day_hours(row, name)
            yield self._currents(row, name)

    def _loading(self, row: int, scenario: str) -> Picture:
        plan, words = self.plan, self.words
        name = scenario_words(scenario, words)
        peaks = [
            number(one.headline.by_scenario.get(scenario, {}).get("peak_loading_percent"))
            for one in (plan.before, plan.after)
        ]
        alt = words("loading_alt", scenario=name, before=peaks[0], after=peaks[1])
        texts = (words("loading_title", scenario=name), alt)
        drawing = loading_figure(plan, row, words.language)
        plot = loading_plot(plan, row, words)
        return self._make("loading", f"loading{row}", drawing, texts, plot)

    def _day_hours(self, row: int, scenario: str) -> Iterator[Picture]:
        plan, words = self.plan, self.words
        grid = day_hours(plan, row)
        drawing = day_hour_figure(plan, row, words.language)
        if grid is None or drawing is None:
            return
        name = scenario_words(scenario, words)
        highest = [number(float(np.nanmax(state))) for state in grid.states]
        alt = words(
            "heatmap_alt",
            scenario=name,
            before=highest[0],
            after=highest[1],
            when=grid.heaviest,
        )
        texts = (words("heatmap_title", scenario=name), alt)
        yield self._make("heatmap", f"map{row}", drawing, texts, day_hour_plot(grid, words))

    def _currents(self, row: int, scenario: str) -> Picture:
        plan, words = self.plan, self.words
        name, day = scenario_words(scenario, words), peak_day(plan.before.sweep, row)
        rated = f"{plan.feeder.area_transformer.rated_a:.4g}"
        alt = words("currents_alt", scenario=name, day=day, rated=rated)
        caption = words("currents_caption", scenario=name, day=day) if day else name
        drawing = currents_figure(plan, row, words.language)
        plot = currents_plot(plan, row, words)
        return self._make("currents", f"currents{row}", drawing, (caption, alt), plot)

    def _heat(self) -> Iterator[Picture]:
        plan, words = self.plan, self.words
        row = hottest_scenario(plan)
        if row is None:
            return
        name = scenario_words(plan.before.sweep.scenarios[row], words)
        day = peak_day(plan.before.sweep, row)
        texts = (
            words("currents_caption", scenario=name, day=day),
            words("heat_alt", scenario=name, day=day),
        )
        drawing = heat_figure(plan, row, words.language)
        yield self._make("heat", "heat", drawing, texts, heat_plot(plan, row, words))

    def _profile(self) -> Iterator[Picture]:
        words = self.words
        profile = voltage_profile(self.plan)
        if profile is None:
            return
        case = {"scenario": scenario_words(profile.scenario, words), "time": profile.time}
        low = [number(volts) for volts in profile.lowest_v]
        texts = (
            words("profile_caption", **case),
            words("profile_alt", **case, before=low[0], after=low[1]),
        )
        drawing = profile_figure(profile, words.language)
        yield self._make("profile", "profile", drawing, texts, profile_plot(profile, words))

    def _options(self) -> Iterator[Picture]:
        plan, words = self.plan, self.words
        for row, choice in enumerate(plan.measures.choices):
            points, today = option_points(plan.measures, choice.scenario)
            drawing = options_figure(plan, choice.scenario, words.language)
            if drawing is None:
                continue
            name = scenario_words(choice.scenario, words)
            label = said(choice.label, words) if choice.label else words("none_word")
            alt = words("options_figure_alt", scenario=name, today=number(today, 2), label=label)
            texts = (words("options_figure_title", scenario=name), alt)
            plot = options_plot(points, today, words)
            yield self._make("options", f"options{row}", drawing, texts, plot)

    def _moves(self) -> Iterator[Picture]:
        words = self.words
        curve = moves_curve(self.plan)
        drawing = moves_figure(self.plan, words.language)
        if curve is None or drawing is None:
            return
        alt = words(
            "pareto_alt",
            n=curve.moves[-1],
            first=number(curve.value[0]),
            last=number(curve.value[-1]),
            knee=curve.moves[curve.knee],
        )
        texts = (words("pareto_title"), alt)
        yield self._make("pareto", "pareto", drawing, texts, moves_plot(curve, words))
