"""The report as a PDF, with WeasyPrint where it is installed (extra ``pdf``)."""

from __future__ import annotations

import warnings
from types import ModuleType
from typing import TYPE_CHECKING

from gridplan.errors import Fault, InputError
from gridplan.report.html import report_html

if TYPE_CHECKING:
    from gridplan.plan import Plan


def report_pdf(plan: Plan, *, language: str = "en") -> bytes:
    """The printed report: the same page, its figures as on paper.

    Raises ``InputError`` where WeasyPrint is missing, with what to do instead.
    """
    library = weasyprint_here()
    page = report_html(plan, language=language, interactive=False)
    # the page needs nothing but itself: its pictures are data, and nothing else may be fetched
    fetcher = library.urls.URLFetcher(allowed_protocols=["data"])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of its own libraries
        return bytes(library.HTML(string=page, url_fetcher=fetcher).write_pdf())


def weasyprint_here() -> ModuleType:
    """WeasyPrint, or ``InputError``: asked before the sweeps, it is no surprise after them."""
    try:
        import weasyprint
    except (ImportError, OSError) as error:  # OSError: Pango or another library of it is missing
        fault = Fault(
            code="pdf",
            where="--pdf",
            what=f"WeasyPrint cannot be loaded: {str(error).splitlines()[0]}",
            remedy="pip install 'gridplan[pdf]', or open report.html and print it from the browser",
        )
        raise InputError("--pdf", [fault]) from error
    return weasyprint
