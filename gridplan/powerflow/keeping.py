"""Where a sweep keeps its numbers: in memory within a budget, else on disk; and as Parquet."""

from __future__ import annotations

import math
import mmap
import tempfile
import threading
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
import numpy.typing as npt

from gridplan.demand.cases import Demand
from gridplan.powerflow.results import Status

#: What a sweep may hold in memory unless told otherwise [GiB].
MEMORY_GIB = 1.0
#: Share of the budget for results; the rest is for work arrays and the demand of the blocks at
#: work.
_RESULTS = 0.5

_PHASES = ("a", "b", "c")


class Store:
    """Arrays that the blocks of a sweep fill.

    Within the budget they are in memory; beyond it they are temporary files, of which the operating
    system has in memory what is at work.
    """

    def __init__(
        self, layout: Mapping[str, tuple[tuple[int, ...], npt.DTypeLike]], memory_gib: float
    ) -> None:
        sizes = {
            name: math.prod(shape) * np.dtype(dtype).itemsize
            for name, (shape, dtype) in layout.items()
        }
        self.on_disk = sum(sizes.values()) > _RESULTS * memory_gib * 2**30
        self.arrays: dict[str, np.ndarray] = {}
        self._maps: list[mmap.mmap] = []
        for name, (shape, dtype) in layout.items():
            if not self.on_disk or not sizes[name]:
                self.arrays[name] = np.empty(shape, dtype=dtype)
                continue
            # an unnamed file: it is gone when its map is, even after a crash
            with tempfile.TemporaryFile(prefix="gridplan-sweep-") as file:
                file.truncate(sizes[name])
                self._maps.append(mmap.mmap(file.fileno(), sizes[name]))
            self.arrays[name] = np.frombuffer(self._maps[-1], dtype=dtype).reshape(shape)

    def sealed(self) -> dict[str, np.ndarray]:
        """The filled arrays, read-only, so that the result shares them instead of copying."""
        for array in self.arrays.values():
            array.flags.writeable = False
        return self.arrays

    def release(self) -> None:
        """Let go of the memory of finished blocks; what they hold stays in the files."""
        for mapped in self._maps:
            if hasattr(mmap, "MADV_DONTNEED"):
                mapped.madvise(mmap.MADV_DONTNEED)
            else:
                mapped.flush()


class CaseTable:
    """Per-case metrics as a Parquet file, written block by block, there only when complete.

    Columns: ``scenario``, ``draw``, ``time``, ``i_a_a``, ``i_b_a``, ``i_c_a`` and the other series
    of ``SweepResult`` by their names. Blocks come in the order in which they are finished.
    """

    def __init__(self, path: Path, demand: Demand) -> None:
        self.path, self.demand = path, demand
        self._part = path.with_name(path.name + ".part")
        self._lock = threading.Lock()
        self._writer: Any = None

    @classmethod
    def maybe(
        cls, path: str | Path | None, demand: Demand
    ) -> AbstractContextManager[CaseTable | None]:
        """A table where a path is given, else nothing."""
        return nullcontext() if path is None else cls(Path(path), demand)

    def __enter__(self) -> CaseTable:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._writer is not None:
            self._writer.close()
        if kind is None and self._writer is not None:
            self._part.replace(self.path)
        else:
            self._part.unlink(missing_ok=True)

    def write(self, scenario: int, first: int, last: int, store: Mapping[str, np.ndarray]) -> None:
        """Append the draws ``first`` to ``last`` of a scenario, series (draw, step, …)."""
        import pyarrow
        from pyarrow import parquet

        n_step = self.demand.n_step
        n_case = (last - first) * n_step
        columns: dict[str, Any] = {
            "scenario": pyarrow.DictionaryArray.from_arrays(
                np.full(n_case, scenario, dtype=np.int32), list(self.demand.scenarios)
            ),
            "draw": np.repeat(np.arange(first, last, dtype=np.int32), n_step),
            "time": np.tile(self.demand.times.astype("datetime64[ms]"), last - first),
        }
        names = [status.name.lower() for status in Status]
        for name, values in store.items():
            if name == "i_phase_a":
                columns |= {f"i_{p}_a": values[..., k].ravel() for k, p in enumerate(_PHASES)}
            elif name == "status":
                codes = pyarrow.array(values.ravel().astype(np.int32))
                columns[name] = pyarrow.DictionaryArray.from_arrays(codes, names)
            else:
                columns[name] = values.ravel()
        table = pyarrow.table(columns)
        with self._lock:
            if self._writer is None:
                self._writer = parquet.ParquetWriter(self._part, table.schema)
            self._writer.write_table(table)
