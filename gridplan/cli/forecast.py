"""``gridplan forecast``: what people will draw, and how well that was forecast before."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click

from gridplan.cli.options import (
    PATH,
    draws_option,
    format_option,
    read_inputs,
    study_arguments,
    with_quiet,
)

if TYPE_CHECKING:
    from gridplan.demand.area_model import Weather


class _WithDefault(click.RichGroup):
    """A group that takes what is no command of its own for arguments of its first one."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command; NETWORK STUDY goes to the first."""
        if args and args[0] in self.commands:
            return super().resolve_command(ctx, args)
        return "demand", with_quiet(self.commands["demand"]), args

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Options before the first argument are the first command's."""
        own = not args or args[0] in {*self.commands, "--help", "-h"}
        return super().parse_args(ctx, args if own else ["demand", *args])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """A command by name; any other word is a network."""
        del ctx
        return with_quiet(self.commands.get(cmd_name, self.commands["demand"]))


@click.group(cls=_WithDefault)
def forecast() -> None:
    """Forecast the village's demand, or score the forecast on a festival that has happened.

    Example: gridplan forecast networks/hongjiawan scenarios/spring-festival-2027.yaml
    """


@forecast.command("demand")
@study_arguments
@draws_option
@format_option
def forecast_network(network_path: Path, study_path: Path, draws: int | None, form: str) -> None:
    """Forecast the village's demand: energy, peak and when, per scenario.

    Where the study has clamp readings, also what they say of each outgoing circuit's level and
    phase labels.

    Example: gridplan forecast networks/hongjiawan scenarios/spring-festival-2027.yaml
    """
    import numpy as np

    from gridplan.cli.show import print_table, rows_out, show_notes
    from gridplan.demand.forecast import forecast_demand
    from gridplan.records.quantities import village_kw

    feeder, study = read_inputs(network_path, study_path, draws)
    demand = forecast_demand(feeder, study.forecast)
    show_notes(demand.notes)
    if study.forecast.precision is not None:
        click.echo(
            f"precision: not looked at, {demand.n_draw:,} draws as the study has them: it is about "
            "overloads, and a forecast knows none",
            err=True,
        )
    total = village_kw(demand)
    rows = []
    for row, scenario in enumerate(demand.scenarios):
        peaks = total[row].max(axis=-1)
        mean = total[row].mean(axis=0)
        rows.append(
            {
                "scenario": scenario,
                "occupied_homes": float(demand.occupancy[row].sum()),
                "energy_kwh_per_day": float(mean.mean() * 24),
                "mean_peak_kw": float(peaks.mean()),
                "peak_kw_p95": float(np.quantile(peaks, 0.95)),
                "peak_of_the_mean_at": str(demand.times[int(np.argmax(mean))]).replace("T", " "),
            }
        )
    head = {"feeder": feeder.name, "study": study.name, "draws": demand.n_draw}
    circuits = [] if demand.clamp is None else demand.clamp.to_records()
    rows_out(rows, form, "gridplan-forecast/1", "scenarios", **head, clamp=circuits)
    if form == "table" and circuits:
        shown = [name for name in circuits[0] if name != "exchanged"]
        print_table([{name: row[name] for name in shown} for row in circuits])


@forecast.command("backtest")
@click.option("--meters", "folder", type=PATH, required=True, help="Folder of measured festivals.")
@click.option("--year", type=int, required=True, help="Festival that is left out and forecast.")
@click.option(
    "--draws", type=click.IntRange(min=10), default=200, show_default=True, help="Draws per area."
)
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="Of all random numbers.",
)
@click.option(
    "--weather",
    type=click.Choice(["usual", "measured"]),
    default="usual",
    show_default=True,
    help="Draw temperatures, as before the festival, or take the measured ones.",
)
@format_option
def backtest(folder: Path, year: int, draws: int, seed: int, weather: Weather, form: str) -> None:
    """Forecast a past festival from the others, and score it against what was measured.

    The folder holds transformers.xlsx, temperature.csv, meters/YEAR/AREA.csv,
    transformer_curves/YEAR.csv and register/YEAR.csv (docs/method.md says what stands in them).
    Compared with the same lunar day of the festival before, and with this winter's days times the
    usual factor. Rows: scores of daily peaks [kW] and how much smaller gridplan's CRPS is (a share,
    with its 90 % interval); errors by festival day; overloads announced from a probability on.

    Example: gridplan forecast backtest --meters county --year 2027
    """
    import numpy as np

    from gridplan.cli.show import print_table, rows_out, show_notes
    from gridplan.demand.backtest import run_backtest
    from gridplan.demand.backtest_scores import day_rows, overload_rows, score_rows
    from gridplan.demand.county import read_county
    from gridplan.errors import Fault, StudyError

    county = read_county(folder)
    show_notes(county.notes)
    years = sorted({one.year for area in county.areas for one in area.festivals})
    whole = []
    for area in county.areas:
        seen = {one.year for one in area.festivals}
        if year in seen and len(seen) > 1:
            whole.append(area)
        else:
            click.echo(f"warning: area {area.area} left out: it has {sorted(seen)} only", err=True)
    if not whole:
        has = ", ".join(map(str, years))
        what = f"festivals of {has}: {year} and one more are needed"
        remedy = "choose another --year, or add its files"
        fault = Fault(code="backtest-year", where="meters", what=what, remedy=remedy)
        raise StudyError(str(folder), [fault])
    celsius = whole[0].festival(year).temperature_c
    if weather == "measured" and np.isnan(celsius).any():
        what = f"{int(np.isnan(celsius).sum())} of {len(celsius)} days have no temperature"
        click.echo(f"warning: temperature.csv: {what}: taken as usual there", err=True)
    test = run_backtest(whole, year, n_draw=draws, seed=seed, weather=weather)
    head = {
        "year": year,
        "areas": len(test.areas),
        "draws": draws,
        "seed": seed,
        "weather": weather,
    }
    days, overloads = day_rows(test), overload_rows(test)
    more = {"by_day": days, "overload": overloads}
    rows_out(score_rows(test), form, "gridplan-backtest/1", "scores", **head, **more)
    if form == "table":
        print_table(days)
        print_table(overloads)
