"""Compiled code may print; a command's answer holds none of it."""

from __future__ import annotations

import ctypes
import sys

import pytest

from gridplan.measures.quiet import prints_to_stderr

LIBC = ctypes.CDLL("ucrtbase" if sys.platform == "win32" else None)


def test_what_compiled_code_prints_goes_to_stderr(capfd: pytest.CaptureFixture[str]) -> None:
    print("before", flush=True)
    with prints_to_stderr():
        LIBC.puts(b"new solution")  # waits in the library's buffer
    print("after", flush=True)
    out, err = capfd.readouterr()
    assert out == "before\nafter\n"
    assert err == "new solution\n"


def test_stdout_comes_back_after_an_error(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ZeroDivisionError), prints_to_stderr():
        raise ZeroDivisionError
    print("after", flush=True)
    assert capfd.readouterr() == ("after\n", "")
