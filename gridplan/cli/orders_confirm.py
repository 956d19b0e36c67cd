"""``gridplan orders confirm``: what a crew has done, found and measured."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import rich_click as click

from gridplan.cli.orders_options import clerk_options, version_option

if TYPE_CHECKING:
    from gridplan.records.orders_measured import Reading

_CURRENTS = 4


@click.command()
@click.argument("name", metavar="ID")
@click.option(
    "--measured",
    metavar="A,B,C,N",
    help="Currents at the transformer after the work: Ia,Ib,Ic,In [A].",
)
@click.option("--before", metavar="A,B,C,N", help="The same before the work.")
@click.option(
    "--hour",
    type=click.IntRange(0, 23),
    metavar="H",
    help="Hour of the day of --measured; left out, that of --at.",
)
@click.option(
    "--found",
    multiple=True,
    metavar="UNIT=PHASE",
    help="Phase as found before the work where it is not the recorded one, of a unit or of any "
    "customer; may be repeated.",
)
@click.option(
    "--left",
    multiple=True,
    metavar="UNIT=PHASE",
    help="Phase as left where it is not the ordered one; may be repeated.",
)
@click.option(
    "--not-done",
    multiple=True,
    metavar="UNIT",
    help="A unit that stays where it was; may be repeated.",
)
@click.option("--note", default="", metavar="TEXT", help="In words.")
@click.option(
    "--tolerance",
    type=click.FloatRange(min=0, max=50),
    default=5.0,
    show_default=True,
    metavar="POINTS",
    help="By which a share of the current may leave its promised band [percentage points].",
)
@version_option
@clerk_options
def confirm(  # noqa: PLR0913, PLR0917 -- one parameter per option
    name: str,
    measured: str | None,
    before: str | None,
    hour: int | None,
    found: tuple[str, ...],
    left: tuple[str, ...],
    not_done: tuple[str, ...],
    note: str,
    tolerance: float,
    version: int | None,
    author: str,
    at_text: str | None,
    ledger: str,
) -> None:
    """Record what a crew has done and measured, and compare it with what the plan promised.

    Verdicts: kept, not_kept, undecided (too little load, or the state before fits as well).

    Example: gridplan orders confirm O-2 --measured 5.2,5.9,5.4,1.9 --hour 13 --by 1024
    """
    from gridplan.cli.orders_options import pairs, the_clerk
    from gridplan.records.orders_confirm import Confirmation
    from gridplan.records.orders_ledger import open_ledger

    opened = open_ledger(ledger)
    clerk = the_clerk(opened, author, at_text, version)
    when = (clerk.at or opened.now()).astimezone(opened.zone)
    item = opened.item(name)
    report = Confirmation(
        after=_reading(measured, "--measured"),
        before=_reading(before, "--before"),
        hour=when.hour if hour is None else hour,
        found=pairs(found, "--found"),
        left=pairs(left, "--left"),
        not_done=not_done,
        note=note,
        tolerance_percent=tolerance,
    )
    detail = clerk.confirm(item, report)
    click.echo(f"{item.name} to be verified")
    if (compared := detail.get("comparison")) is not None:
        _print(compared)


def _print(compared: dict[str, Any]) -> None:
    """The comparison in three lines."""
    click.echo(f"promise {compared['verdict'].replace('_', ' ')}: {compared['reason']}")
    for words, key in (("measured", "measured_percent"), ("promised", "promised_percent")):
        shares = zip("ABCN", compared[key], strict=True)
        text = ", ".join(f"{phase} {share:.1f} %" for phase, share in shares)
        click.echo(f"  {words} shares at {compared['hour']}:00: {text}")
    now, then = compared["unbalance_percent"], compared["promised_unbalance_percent"]
    click.echo(
        f"  load {compared['level']:.2f} of the forecast, unbalance {now:g} % (promised {then:g} %)"
    )


def _reading(text: str | None, option: str) -> Reading | None:
    """Four currents as people write them."""
    from gridplan.records.orders_measured import Reading

    if text is None:
        return None
    try:
        values = [float(part) for part in text.replace("，", ",").split(",")]
    except ValueError as error:
        raise click.BadParameter(f"{text!r} is not Ia,Ib,Ic,In", param_hint=option) from error
    if len(values) != _CURRENTS:
        raise click.BadParameter(
            f"{text!r} has {len(values)} currents: give Ia,Ib,Ic,In", param_hint=option
        )
    a, b, c, n = values
    return Reading(a=a, b=b, c=c, n=n)
