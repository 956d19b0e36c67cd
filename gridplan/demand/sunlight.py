"""Photovoltaics on a clear day: where the sun stands, and what a roof's panels give.

Source: sun's place and equation of time after J. W. Spencer, Fourier series representation of the
position of the sun, Search 2 (1971) 172; clear-sky irradiance after B. Haurwitz, J. Meteorology 2
(1945) 154-166 and 3 (1946) 123-124, with the constants of M. Reno, C. Hansen, J. Stein,
SAND2012-2389 (2012), as pvlib has them. It needs nothing but the sun's height.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import numpy as np

from gridplan.frozen import FloatArray

STANDARD_MERIDIAN_DEG = 120.0  #: of Beijing time
#: A village roof (assumptions): panels tilted to the south, share of the irradiance that is diffuse
#: on a clear day, and what is lost in dust, heat, cables and inverter.
TILT_DEG, DIFFUSE_SHARE, PERFORMANCE = 25.0, 0.15, 0.85
RATED_W_M2 = 1000.0  #: irradiance at which panels give their rating
_LOWEST_COSINE = 0.05  #: below 3 degrees of height hills and roofs hide the sun


def _year_angle(dates: Sequence[dt.date]) -> FloatArray:
    return np.array([2 * np.pi * (date.timetuple().tm_yday - 1) / 365 for date in dates])


def declination_rad(dates: Sequence[dt.date]) -> FloatArray:
    """Declination of the sun (day,) [rad]."""
    g = _year_angle(dates)
    return np.asarray(
        0.006918
        - 0.399912 * np.cos(g)
        + 0.070257 * np.sin(g)
        - 0.006758 * np.cos(2 * g)
        + 0.000907 * np.sin(2 * g)
        - 0.002697 * np.cos(3 * g)
        + 0.00148 * np.sin(3 * g)
    )


def equation_of_time_min(dates: Sequence[dt.date]) -> FloatArray:
    """Apparent minus mean solar time (day,) [min]."""
    g = _year_angle(dates)
    return np.asarray(
        229.18
        * (
            0.000075
            + 0.001868 * np.cos(g)
            - 0.032077 * np.sin(g)
            - 0.014615 * np.cos(2 * g)
            - 0.040849 * np.sin(2 * g)
        )
    )


def hour_angle_rad(dates: Sequence[dt.date], hours: FloatArray, longitude_deg: float) -> FloatArray:
    """Hour angle at hours of Beijing time (day, hour) [rad]; 0 when the sun stands in the south."""
    east_min = 4.0 * (longitude_deg - STANDARD_MERIDIAN_DEG)
    solar_h = hours + (east_min + equation_of_time_min(dates)[:, None]) / 60
    return np.asarray(np.pi / 12 * (solar_h - 12.0))


def cosine_of_zenith(
    dates: Sequence[dt.date], hours: FloatArray, latitude_deg: float, longitude_deg: float
) -> FloatArray:
    """Cosine of the angle between the sun and the zenith (day, hour); negative by night."""
    latitude, declination = np.deg2rad(latitude_deg), declination_rad(dates)[:, None]
    turned = np.cos(hour_angle_rad(dates, hours, longitude_deg))
    return np.asarray(
        np.sin(latitude) * np.sin(declination) + np.cos(latitude) * np.cos(declination) * turned
    )


def clear_sky_w_m2(cosine: FloatArray) -> FloatArray:
    """Global irradiance on level ground under a clear sky [W/m2], from the cosine of the zenith."""
    up = np.maximum(cosine, 1e-6)
    return np.where(cosine > 0, 1098.0 * up * np.exp(-0.059 / up), 0.0)


def panel_share(
    dates: Sequence[dt.date], *, latitude_deg: float, longitude_deg: float, per_day: int = 96
) -> FloatArray:
    """What a roof's panels give on clear days as a share of their rating (day, part of day).

    Direct light by the angle to panels tilted south, diffuse light as from an even sky. A panel
    tilted by t at latitude f sees the sun as level ground at latitude f - t does.
    """
    hours = (np.arange(per_day) + 0.5) * 24 / per_day
    place = (latitude_deg, longitude_deg)
    cosine = cosine_of_zenith(dates, hours, *place)
    on_panel = cosine_of_zenith(dates, hours, latitude_deg - TILT_DEG, longitude_deg)
    level = clear_sky_w_m2(cosine)
    direct = (1 - DIFFUSE_SHARE) * level / np.maximum(cosine, _LOWEST_COSINE)
    diffuse = DIFFUSE_SHARE * level * (1 + np.cos(np.deg2rad(TILT_DEG))) / 2
    total = direct * np.maximum(on_panel, 0.0) + diffuse
    return np.asarray(np.clip(PERFORMANCE * total / RATED_W_M2, 0.0, 1.0))
