"""A sweep within its memory budget, and its cases as a Parquet file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pyarrow import parquet

import gridplan as gp
from tests import villages

PHASES = ("i_a_a", "i_b_a", "i_c_a")


@pytest.fixture(scope="module")
def feeder() -> gp.Feeder:
    return villages.random_village(3, "Dyn11")


@pytest.fixture(scope="module")
def demand() -> gp.Demand:
    p_kw, q_kvar = villages.random_demand(3, 60)
    p_kw[7] *= 300  # beyond what the network can deliver
    return gp.Demand.from_arrays(p_kw, q_kvar)


def test_results_beyond_the_budget_are_the_same_from_files(feeder, demand):
    small = gp.run_sweep(feeder, demand, memory_gib=1e-9)
    usual = gp.run_sweep(feeder, demand)
    np.testing.assert_array_equal(small.i_phase_a, usual.i_phase_a)
    np.testing.assert_array_equal(small.customer_v_min_v, usual.customer_v_min_v)
    np.testing.assert_array_equal(small.status, usual.status)
    assert not small.i_phase_a.flags.writeable


def test_every_case_is_a_row(feeder, demand, tmp_path: Path):
    file = tmp_path / "deeper" / "cases.parquet"
    sweep = gp.run_sweep(feeder, demand, parquet=file)
    table = parquet.read_table(file).sort_by("draw")
    assert table.num_rows == sweep.n_case == 60
    found = np.stack([table[name].to_numpy() for name in PHASES], axis=1)
    np.testing.assert_array_equal(found, sweep.i_phase_a[0, :, 0])
    np.testing.assert_array_equal(table["loss_kw"].to_numpy(), sweep.loss_kw[0, :, 0])
    words = table["status"].to_pylist()
    assert words[7] == "no_solution"
    assert words.count("solved") == 59
    assert list(file.parent.iterdir()) == [file]


def test_nothing_is_left_of_a_sweep_that_fails(feeder, demand, tmp_path: Path):
    def stop(done: int, _: int) -> None:
        raise KeyboardInterrupt(done)

    with pytest.raises(KeyboardInterrupt):
        gp.run_sweep(feeder, demand, parquet=tmp_path / "cases.parquet", progress=stop)
    assert list(tmp_path.iterdir()) == []
