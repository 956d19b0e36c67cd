"""``gridplan doctor``: is this computer ready, and does gridplan compute right on it."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import re
import sys
import time
from dataclasses import asdict, dataclass
from typing import Any

import rich_click as click

from gridplan import __version__
from gridplan.cli.exits import DONE, FINDINGS
from gridplan.cli.options import format_option

#: Libraries that bring something which gridplan does without, and what.
_OPTIONAL = {
    "numba": "sweeps in half the time: pip install 'gridplan[fast]'",
    "opendssdirect.py": "reads OpenDSS circuits: pip install 'gridplan[opendss]'",
    "weasyprint": "writes reports as PDF (--pdf): pip install 'gridplan[pdf]'",
}
#: Kirchhoff's laws are held to this in the self-test, as in the tests [pu].
_RESIDUAL_PU = 1e-6
#: Cases of the self-test: some seconds on a slow computer.
_TEST_CASES = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing that was looked at.

    Attributes
    ----------
    what, found : its name and its state
    verdict : "ok", "hint" (works, could be better) or "wrong"
    remedy : what to do, "" when there is nothing
    """

    what: str
    found: str
    verdict: str = "ok"
    remedy: str = ""


@click.command()
@format_option
@click.pass_context
def doctor(ctx: click.Context, form: str) -> None:
    """Look at versions, fonts, cores and memory, and solve a village as a self-test.

    Takes some seconds. Ends with code 1 when something is wrong; a hint is no fault.

    Example: gridplan doctor
    """
    from gridplan.cli.show import rows_out

    checks = [
        Check(what="gridplan", found=__version__),
        _python(),
        *_libraries(),
        _processor(),
        _blas(),
        _encoding(),
        _font(),
        *_self_test(),
    ]
    rows = [asdict(check) for check in checks]
    rows_out(rows, form, "gridplan-doctor/1", "checks")
    wrong = [check.what for check in checks if check.verdict == "wrong"]
    if wrong:
        click.echo(f"error: {', '.join(wrong)}: see the remedy beside it", err=True)
    ctx.exit(FINDINGS if wrong else DONE)


def _python() -> Check:
    system = f"{platform.python_version()} on {platform.system()} {platform.machine()}"
    return Check(what="Python", found=system)


def _libraries() -> list[Check]:
    """Each library that gridplan's own metadata asks for, and the optional ones."""
    checks = []
    for line in importlib.metadata.requires("gridplan") or []:
        if "extra ==" in line:
            continue
        name = re.split(r"[<>=!~ ;\[]", line, maxsplit=1)[0]
        try:
            checks.append(Check(what=name, found=importlib.metadata.version(name)))
        except importlib.metadata.PackageNotFoundError:
            remedy = f"pip install '{line.split(';')[0].strip()}'"
            checks.append(Check(what=name, found="missing", verdict="wrong", remedy=remedy))
    for name, brings in _OPTIONAL.items():
        try:
            checks.append(Check(what=name, found=importlib.metadata.version(name)))
        except importlib.metadata.PackageNotFoundError:
            checks.append(Check(what=name, found="not here", verdict="hint", remedy=brings))
    return checks


def _processor() -> Check:
    cores = os.cpu_count() or 1
    remedy = "sweeps run on one thread" if cores == 1 else ""
    memory = _memory_gib()
    found = f"{cores} cores" + ("" if memory is None else f", {memory:.1f} GiB")
    small = memory is not None and memory < 2
    if small:
        remedy = "large studies want 2 GiB: fewer --draws need less"
    return Check(
        what="processor and memory",
        found=found,
        verdict="hint" if remedy else "ok",
        remedy=remedy,
    )


def _memory_gib() -> float | None:
    """Memory of the computer, None where the system does not tell."""
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30
    except (AttributeError, ValueError, OSError):
        return None


def _blas() -> Check:
    import numpy as np
    from threadpoolctl import threadpool_info

    np.ones((2, 2)) @ np.ones((2, 2))  # loads the library
    found = sorted(
        {f"{one['internal_api']} {one['version']}" for one in threadpool_info() if one["version"]}
    )
    return Check(what="BLAS", found=", ".join(found) or "unknown")


def _encoding() -> Check:
    encoding = (sys.stdout.encoding or "unknown").lower()
    if encoding.replace("-", "") in ("utf8", "gb18030", "gbk", "cp936"):
        return Check(what="terminal", found=encoding)
    remedy = "Chinese names may not print: set PYTHONUTF8=1"
    return Check(what="terminal", found=encoding, verdict="hint", remedy=remedy)


def _font() -> Check:
    from gridplan.report.fonts import FONT_HINT, chinese_font

    font = chinese_font()
    if font is None:
        return Check(what="Chinese font", found="none", verdict="hint", remedy=FONT_HINT)
    return Check(what="Chinese font", found=font)


def _self_test() -> list[Check]:
    """Solve the sample village many times; Kirchhoff's laws, in code of their own, judge it."""
    import numpy as np
    from threadpoolctl import threadpool_limits

    from gridplan.cli.demo import sample_network
    from gridplan.network.reader import read_feeder
    from gridplan.powerflow.direct import solve

    try:
        feeder = read_feeder(sample_network())
        customers = feeder.customers
        factor = np.linspace(0.2, 1.0, _TEST_CASES)[:, None]
        p_kw, q_kvar = factor * customers.p_kw, factor * customers.q_kvar
        solve(feeder, p_kw[:64], q_kvar[:64])  # compiled code is made now
        started = time.perf_counter()
        with threadpool_limits(1):
            result = solve(feeder, p_kw, q_kvar)
        seconds = time.perf_counter() - started
    except Exception as error:  # whatever goes wrong here is the answer
        what = f"{type(error).__name__}: {error}"
        remedy = "install again: pip install --force-reinstall -c constraints.txt gridplan"
        return [Check(what="self-test", found=what, verdict="wrong", remedy=remedy)]
    return _judge(result, seconds)


def _judge(result: Any, seconds: float) -> list[Check]:
    worst = float(result.residual_pu.max())
    right = bool(result.converged.all()) and worst < _RESIDUAL_PU
    return [
        Check(
            what="self-test: Kirchhoff's laws",
            found=f"{_TEST_CASES:,} power flows, largest residual {worst:.1e} pu",
            verdict="ok" if right else "wrong",
            remedy="" if right else "numbers of this computer cannot be trusted: reinstall numpy",
        ),
        Check(
            what="self-test: speed",
            found=f"{1e6 * seconds / _TEST_CASES:.1f} microseconds per power flow on one thread",
        ),
    ]
