"""Work that a search may still do: counted, so that the same input always gives the same result."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

#: Work of a score besides its cases.
_OVERHEAD = 20_000


@dataclass(slots=True)
class Effort:
    """Counted work, in customers times cases solved, and the hard stop by time.

    Attributes
    ----------
    left : what may still be spent
    deadline : in ``time.process_time``, which a busy machine does not change; shared by all efforts
        of one search
    struck : the deadline ended the search
    """

    left: float
    deadline: float
    struck: bool = False

    def spend(self, work: float) -> None:
        """Count work."""
        self.left -= work + _OVERHEAD

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Let what the block takes not count towards the hard stop."""
        started = time.process_time()
        yield
        self.deadline += time.process_time() - started

    @property
    def seconds(self) -> float:
        """Seconds of processor time to the hard stop."""
        return self.deadline - time.process_time()

    @property
    def over(self) -> bool:
        """Tell whether to stop."""
        self.struck |= self.seconds < 0
        return self.struck or self.left <= 0
