"""``gridplan demo``: a first plan in a minute, from files that are yours to change."""

from __future__ import annotations

import shutil
from pathlib import Path

import rich_click as click

from gridplan.cli.options import quiet

#: Of the sample: enough to see what a plan is.
_DRAWS = 20
_NETWORK, _STUDY = "hongjiawan", "spring-festival-2027"


def samples() -> Path:
    """Folder that holds ``networks`` and ``scenarios``: inside the package, or its source tree."""
    package = Path(__file__).parents[1]
    inside = package / "samples"
    return inside if inside.is_dir() else package.parent


def sample_network() -> Path:
    """Folder of the sample network."""
    return samples() / "networks" / _NETWORK


@click.command()
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    default=Path("gridplan-demo"),
    show_default=True,
    metavar="OUT",
    help="Folder for the sample files and the plan; files of yours in it stay.",
)
@click.option(
    "--draws",
    type=click.IntRange(min=1),
    default=_DRAWS,
    show_default=True,
    help="Draws per scenario.",
)
@click.pass_context
def demo(ctx: click.Context, output: Path, draws: int) -> None:
    """Copy a sample village into OUT and plan it; needs no network and no other file.

    Example: gridplan demo -o first-steps
    """
    from gridplan.cli.plan import plan

    network, study = copy_samples(output)
    run = output / "out"
    if not quiet():
        click.echo(f"$ gridplan plan {network} {study} -o {run} --draws {draws}\n")
    # click fills in the other options as if nobody had given them
    ctx.invoke(plan, network_path=network, study_path=study, output=run, draws=draws)


def copy_samples(folder: Path) -> tuple[Path, Path]:
    """Network folder and study file in ``folder``; what is there already is left as it is."""
    from gridplan.report.write import output_folder

    output_folder(folder)
    network, study = Path("networks", _NETWORK), Path("scenarios", f"{_STUDY}.yaml")
    register = Path("scenarios", _STUDY, f"{_NETWORK}.csv")
    for name in (network / "network.json", study, register):
        if not (folder / name).exists():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(samples() / name, folder / name)
    return folder / network, folder / study
