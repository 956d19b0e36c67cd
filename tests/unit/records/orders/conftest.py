from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from gridplan.records.orders_ledger import Ledger, open_ledger
from tests.unit.records.orders.village import imported, write_plan


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """An empty ledger in a file."""
    opened = open_ledger(str(tmp_path / "orders.sqlite"), create=True)
    yield opened
    opened.engine.dispose()


@pytest.fixture
def filled(ledger: Ledger, tmp_path: Path) -> Ledger:
    """A ledger with I-1 (neutral), I-2 (low voltage) and the order O-3 that cures both."""
    done = imported(ledger, write_plan(tmp_path / "plan"))
    assert (done.issues, done.orders) == (("I-1", "I-2"), ("O-3",))
    return ledger
