"""What ``gridplan plan`` prints: a plan that is read in ten seconds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import rich_click as click

if TYPE_CHECKING:
    from pathlib import Path

    from gridplan.outcome import Outcome
    from gridplan.plan import Plan

_MOVES_SHOWN = 12


def print_summary(made: Plan, folder: Path) -> None:
    """Verdict first, then the scenarios, the key figures, the moves, and where the report lies."""
    from gridplan.cli.show import print_table
    from gridplan.report.tables import ENGLISH, HEADLINES, number

    trafo, sweep = made.feeder.area_transformer, made.before.sweep
    click.echo(
        f"{made.feeder.name}: {trafo.parallel * trafo.sn_kva:g} kVA {trafo.vector_group}, "
        f"{len(made.feeder.customers)} customers"
    )
    click.echo()
    for verdict in made.verdicts:
        click.echo(f"  {verdict.scenario + ':':<14} {verdict.sentence}")
    click.echo(f"  {made.proposal.certificate.sentence}")
    rows = [
        {
            "worst scenario": f"{ENGLISH(f'headline_{name}')} [{unit}]",
            "today": number(getattr(made.before.headline, name)),
            "after the moves": number(getattr(made.after.headline, name)),
        }
        for name, unit in HEADLINES
    ]
    counts = [_finding_counts(outcome) for outcome in (made.before, made.after)]
    last = {"worst scenario": "Findings to act on / to watch"}
    print_table([*rows, {**last, "today": counts[0], "after the moves": counts[1]}])
    moves = made.proposal.moves
    click.echo(f"Moves in field order: {len(moves) or 'none'}")
    for move in moves[:_MOVES_SHOWN]:
        homes = f"{len(move.customer_ids)} customer{'s' if len(move.customer_ids) != 1 else ''}"
        click.echo(
            f"  {move.order}. {move.unit} ({homes}) at {move.node}, circuit {move.circuit}: "
            f"{move.from_phase} -> {move.to_phase}"
        )
    if len(moves) > _MOVES_SHOWN:
        click.echo(f"  and {len(moves) - _MOVES_SHOWN} more, see moves.csv")
    if made.proposal.note:
        click.echo(f"  {made.proposal.note}")
    if made.proposal.between:
        click.echo(f"  between outages: {made.proposal.between}; do them on one day")
    click.echo(
        f"{sweep.n_case:,} cases per sweep in {sweep.seconds:.1f} s, "
        f"{sweep.not_converged:,} without a solution today, "
        f"{made.after.sweep.not_converged:,} after the moves"
    )
    if made.precision.wanted is not None:
        click.echo(made.precision.sentence)
    click.echo(f"Report: {folder / 'report.html'}")


def _finding_counts(outcome: Outcome) -> str:
    act = sum(finding.tier == "act" for finding in outcome.findings)
    return f"{act} / {len(outcome.findings) - act}"
