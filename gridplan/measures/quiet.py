"""Keep what a compiled solver prints out of the answer of a command."""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def prints_to_stderr() -> Iterator[None]:
    """Lines that compiled code prints to stdout meanwhile go to stderr.

    HiGHS prints a line at some new solutions of integer problems whatever its options say (its
    issue 2783). It is the whole process's stdout: nothing else may print at that time.
    """
    libc = ctypes.CDLL("ucrtbase" if sys.platform == "win32" else None)
    libc.fflush(None)
    stdout = os.dup(1)
    os.dup2(2, 1)
    try:
        yield
    finally:
        libc.fflush(None)
        os.dup2(stdout, 1)
        os.close(stdout)
