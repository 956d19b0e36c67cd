"""Hot spot and top oil against an independent implementation of the loading guide."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from transformer_thermal_model.model import Model
from transformer_thermal_model.schemas import InputProfile, UserTransformerSpecifications
from transformer_thermal_model.schemas.thermal_model.initial_state import InitialTopOilTemp
from transformer_thermal_model.transformer import DistributionTransformer

from gridplan.assessment.limits import ThermalModel, limits_named
from gridplan.assessment.thermal import ageing_rate, temperatures
from gridplan.network.feeder import Transformer
from tests.villages import transformer

THERMAL = limits_named("cn-default").thermal
WEEK = 7 * 96
MINUTES = 15.0


def week(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Load over rated current, with evening peaks up to twice of it, and outdoor temperature."""
    generator = np.random.default_rng(seed)
    hour = np.arange(WEEK) * MINUTES / 60
    evening = np.exp(-(((hour % 24) - 19) ** 2) / 8)
    load = 0.3 + 1.2 * evening + generator.gamma(2.0, 0.08, WEEK)
    return load, -3.0 + 5.0 * np.sin(hour / 24 * 2 * np.pi) + generator.normal(0, 1, WEEK)


def peer(
    trafo: Transformer,
    model: ThermalModel,
    load: np.ndarray,
    outdoors_c: np.ndarray,
    start_c: float,
) -> pd.DataFrame:
    """Top oil and hot spot of the other implementation, at the end of every step."""
    specs = UserTransformerSpecifications(
        load_loss=trafo.vkr_percent / 100 * trafo.sn_kva * 1000,
        no_load_loss=trafo.pfe_kw * 1000,
        nom_load_sec_side=trafo.rated_a,
        amb_temp_surcharge=0.0,
        top_oil_temp_rise=model.top_oil_rise_k.value,
        winding_oil_gradient=model.gradient_k.value,
        hot_spot_fac=model.hot_spot_factor.value,
        time_const_oil=model.oil_minutes.value,
        time_const_windings=model.winding_minutes.value,
        oil_const_k11=model.k11.value,
        winding_const_k21=model.k21.value,
        winding_const_k22=model.k22.value,
        oil_exp_x=model.oil_exponent.value,
        winding_exp_y=model.winding_exponent.value,
    )
    # it takes the load of a step for what leads up to its time: one sample more, before the first
    times = pd.date_range("2027-02-01", periods=WEEK + 1, freq="15min")
    profile = InputProfile.create(
        datetime_index=times,
        load_profile=np.r_[load[0], load] * trafo.rated_a,
        ambient_temperature_profile=np.r_[outdoors_c[0], outdoors_c],
    )
    start = InitialTopOilTemp(initial_top_oil_temp=start_c)
    found = Model(profile, DistributionTransformer(specs), initial_condition=start).run()
    return pd.DataFrame(
        {"oil": found.top_oil_temp_profile, "spot": found.hot_spot_temp_profile}
    ).iloc[1:]


@pytest.mark.parametrize("constants", ["distribution", "delayed oil"])
def test_a_week_is_that_of_the_other_implementation(constants: str) -> None:
    trafo, model = replace(transformer("Yyn0"), pfe_kw=0.25), THERMAL
    if constants == "delayed oil":  # of larger units: the oil around the winding overshoots
        model = replace(
            model,
            k11=replace(model.k11, value=0.5),
            k21=replace(model.k21, value=2.0),
            k22=replace(model.k22, value=2.0),
            oil_minutes=replace(model.oil_minutes, value=210.0),
            winding_minutes=replace(model.winding_minutes, value=10.0),
        )
    weeks = [week(seed) for seed in range(3)]
    loads = np.array([load for load, _ in weeks])
    outdoors_c = np.array([outdoors for _, outdoors in weeks])
    currents = np.repeat((loads * trafo.rated_a)[..., None], 3, axis=-1)
    ours = temperatures(model, trafo, currents, outdoors_c, MINUTES)
    losses = trafo.pfe_kw + trafo.vkr_percent / 100 * trafo.sn_kva * loads[:, :96] ** 2
    rated_kw = trafo.pfe_kw + trafo.vkr_percent / 100 * trafo.sn_kva
    rise = model.top_oil_rise_k.value * (losses / rated_kw) ** model.oil_exponent.value
    start_c = (outdoors_c[:, :96] + rise).mean(axis=1)
    # its hot spot begins without a winding rise, whose longest delay is over after a day
    settled = 96 if constants == "delayed oil" else 8
    for draw, (load, outdoors) in enumerate(weeks):
        other = peer(trafo, model, load, outdoors, float(start_c[draw]))
        np.testing.assert_allclose(ours.top_oil_c[draw], other["oil"], atol=0.1)
        spot = ours.hot_spot_c[draw][settled:]
        np.testing.assert_allclose(spot, other["spot"][settled:], atol=0.1)
        assert spot.max() > 98  # the week is hot enough to tell


def test_ageing_doubles_every_six_degrees() -> None:
    np.testing.assert_allclose(ageing_rate(THERMAL, np.array([92.0, 98.0, 110.0])), [0.5, 1.0, 4.0])


#: Minutes that DL/T 572 permits for a load over rated current, at 0, 10, 20, 30 and 40 degrees
#: outdoors (ONAN; quoted from memory, not verified).
PERMITTED_MIN = {
    1.5: (285, 190, 120, 70, 35),
    1.6: (180, 125, 80, 45, 18),
    1.7: (125, 85, 55, 25, 9),
    1.8: (90, 60, 30, 13, 6),
    1.9: (60, 35, 18, 9, 5),
}


@pytest.mark.parametrize("load", PERMITTED_MIN)
def test_permitted_overloads_end_at_the_guide_s_emergency_limit(load: float) -> None:
    """After rated load, the operators' table stops where the guide's 140 degrees are reached."""
    trafo = replace(transformer("Yyn0"), pfe_kw=0.25)
    for outdoors, minutes in zip((0, 10, 20, 30, 40), PERMITTED_MIN[load], strict=True):
        day = 24 * 60
        currents = np.full((1, day + minutes, 3), trafo.rated_a)
        currents[:, day:] *= load
        air = np.full((1, day + minutes), float(outdoors))
        spot = temperatures(THERMAL, trafo, currents, air, 1.0).hot_spot_c[0]
        assert spot[-1] == pytest.approx(140, abs=7)
