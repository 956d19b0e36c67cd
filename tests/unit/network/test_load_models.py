"""Shares of impedance and current by kind of customer."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

import gridplan as gp
from gridplan.network.connections import KINDS
from gridplan.network.load_models import load_models
from tests import villages


def test_every_kind_has_a_model_with_a_source() -> None:
    models = load_models()
    assert set(models) == set(KINDS)
    for model in models.values():
        assert 0 <= model.const_z_percent + model.const_i_percent <= 100
        assert model.status in {"K", "A"}
        assert model.source


def test_homes_draw_less_at_low_voltage() -> None:
    village = villages.random_village(5, "Dyn11")
    feeder = replace(village, source=replace(village.source, vm_pu=0.95))
    p_kw = np.full((1, len(feeder.customers)), 2.0)
    stiff = gp.solve(feeder, p_kw, 0 * p_kw)
    soft = gp.solve(feeder.with_load_models(), p_kw, 0 * p_kw)
    assert soft.i_transformer_a.sum() < stiff.i_transformer_a.sum()
    assert np.nanmin(np.abs(soft.customer_v)) > np.nanmin(np.abs(stiff.customer_v))
