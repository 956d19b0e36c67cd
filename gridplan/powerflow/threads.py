"""One thread for BLAS: its own threads make products as small as these several times slower."""

from __future__ import annotations

from contextlib import AbstractContextManager
from functools import cache
from typing import Any

from threadpoolctl import ThreadpoolController


@cache
def _controller() -> ThreadpoolController:
    """The libraries that are loaded; looking for them takes longer than many a solution."""
    import scipy.linalg  # noqa: F401 - scipy has a BLAS of its own

    return ThreadpoolController()


def one_blas_thread() -> AbstractContextManager[Any]:
    """Hold BLAS at one thread for as long as the context lasts."""
    context: AbstractContextManager[Any] = _controller().limit(limits=1, user_api="blas")
    return context
