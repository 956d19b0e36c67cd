"""The report as a PDF, with WeasyPrint where it is installed (extra ``pdf``)."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

from gridplan.errors import Fault, InputError
from gridplan.report.html import report_html

if TYPE_CHECKING:
    from gridplan.plan import Plan


def report_pdf(plan: Plan, *, language: str = "en") -> bytes:
    """The printed report: the same page, its figures as on paper.

    Raises ``InputError`` where WeasyPrint is missing, with what to do instead.
    """
    html = _weasyprint()
    page = report_html(plan, language=language, interactive=False)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what it warns about is its own libraries
        return bytes(html(string=page, url_fetcher=_refuse).write_pdf())


def check_pdf() -> None:
    """Raise ``InputError`` where no PDF can be written: better before the sweeps than after."""
    _weasyprint()


def _weasyprint() -> Any:
    try:
        from weasyprint import HTML
    except (ImportError, OSError) as error:  # OSError: its libraries Pango and others are missing
        fault = Fault(
            code="pdf",
            where="--pdf",
            what=f"WeasyPrint cannot be loaded: {str(error).splitlines()[0]}",
            remedy="pip install 'gridplan[pdf]', or open report.html and print it from the browser",
        )
        raise InputError("--pdf", [fault]) from error
    return HTML


def _refuse(url: str, *_: Any, **__: Any) -> dict[str, Any]:
    """The page needs nothing but itself, so nothing is fetched; pictures inside it are data."""
    if url.startswith("data:"):
        from weasyprint import default_url_fetcher

        return dict(default_url_fetcher(url))
    raise ValueError(f"the report loads nothing from elsewhere, not even {url[:80]}")
