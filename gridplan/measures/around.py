"""What a comparison needs beside the area and its festival: an ordinary week, areas nearby."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from gridplan.demand.cases import Demand
from gridplan.demand.forecast import forecast_demand
from gridplan.demand.settings import ForecastSettings
from gridplan.measures.measure import Area
from gridplan.measures.ordinary import ordinary_demand
from gridplan.measures.settings import MeasureSettings, Neighbour
from gridplan.network.feeder import Feeder
from gridplan.network.reader import read_feeder


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Surroundings:
    """What stands around one area and one study.

    Attributes
    ----------
    ordinary : demand of an ordinary week, over which what stays is swept too; None: it is not
    neighbours : areas that load may be handed to, by name, over the draws of the study
    """

    ordinary: Demand | None = None
    neighbours: Mapping[str, Area] = field(default_factory=dict)


def surroundings_of(
    feeder: Feeder, forecast: ForecastSettings, measures: MeasureSettings
) -> Surroundings:
    """Forecast the ordinary week and the neighbours of a study.

    Raises
    ------
    InputError
        when the network or the register of a neighbour is wrong
    """
    neighbours = {}
    for one in measures.neighbours_of(feeder.name):
        if one.network is not None:
            neighbours[one.name] = _neighbour(one, measures.file(one.network), forecast)
    return Surroundings(
        ordinary=ordinary_demand(feeder, forecast, measures.ordinary_start),
        neighbours=neighbours,
    )


def _neighbour(one: Neighbour, folder: Path, forecast: ForecastSettings) -> Area:
    """A neighbour as it is today; the study's levels and registers go by its network's name."""
    feeder = read_feeder(folder)
    return Area(feeder=feeder, demand=forecast_demand(feeder, forecast), name=one.name)
