"""The village: the demand of every customer, draw by draw."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from gridplan.demand.events import EventLoads
from gridplan.demand.homes import Homes
from gridplan.demand.settings import ForecastSettings, Scenario
from gridplan.demand.special import SpecialLoads
from gridplan.demand.streams import Streams
from gridplan.demand.variation import variation_in_time
from gridplan.frozen import FloatArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Village:
    """Everything that the draws share. Nothing in it changes: threads may use it together.

    Attributes
    ----------
    settings : ``study.forecast``
    scenarios : in the order of the study
    warmer_c : per scenario, how much warmer than usual it is [K]: a number or float (step,)
    n_customer, n_step : numbers of customers and steps
    homes, special, events : what draws
    streams : of random numbers, those of homes, special loads and events
    """

    settings: ForecastSettings
    scenarios: tuple[Scenario, ...]
    warmer_c: tuple[FloatArray | float, ...]
    n_customer: int
    n_step: int
    homes: Homes
    special: SpecialLoads
    events: EventLoads
    streams: Streams

    def with_streams(self, streams: Streams) -> Village:
        """The same with other random numbers."""
        returnees = self.homes.returnees.with_streams(streams)
        return replace(
            self,
            streams=streams,
            homes=replace(self.homes, streams=streams, returnees=returnees),
            special=replace(self.special, streams=streams),
            events=replace(self.events, streams=streams),
        )

    def sample(self, first_draw: int, last_draw: int) -> tuple[FloatArray, FloatArray]:
        """Demand (scenario, customer, draw, step) [kW, kvar] of some draws.

        Draw by draw: the arrays of one draw fit into a processor's cache, and its numbers cannot
        depend on the block that it is drawn in. All scenarios share the random fields of the draw.
        """
        shape = (len(self.scenarios), self.n_customer, last_draw - first_draw, self.n_step)
        p_kw, q_kvar = np.empty(shape, dtype=np.float64), np.empty(shape, dtype=np.float64)
        homes, special, mean_size = self.homes, self.special, self.homes.mean_size()
        for at, draw in enumerate(range(first_draw, last_draw)):
            in_time = variation_in_time(
                self.settings.variation,
                self.streams,
                draw,
                n_customer=self.n_customer,
                n_step=self.n_step,
                step_minutes=self.settings.step_minutes,
            )
            fields = homes.fields(draw, in_time)
            loads = {
                factor: special.demand(draw, in_time, factor)
                for factor in {scenario.running_days_factor for scenario in self.scenarios}
            }
            for number, scenario in enumerate(self.scenarios):
                p_special, q_special = loads[scenario.running_days_factor]
                p_kw[number, special.index, at] = p_special
                q_kvar[number, special.index, at] = q_special
                p_home, q_home = homes.demand(
                    draw, fields, scenario, mean_size=mean_size, warmer_c=self.warmer_c[number]
                )
                p_kw[number, homes.index, at], q_kvar[number, homes.index, at] = p_home, q_home
            self.events.add(draw, in_time, p_kw[:, :, at], q_kvar[:, :, at])
        return p_kw, q_kvar

    def deviation_c(self, draw: int) -> FloatArray:
        """Deviation of a draw from its scenario's temperature (step,) [K]."""
        return self.homes.deviation_c(draw)

    def occupancy(self, draws: int) -> FloatArray:
        """Share of the draws in which somebody is at home on the peak day, (scenario, customer).

        The Eve, or National Day; a period without it is judged on its day next to it.
        """
        homes = self.homes
        day = np.clip([self.settings.period.peak_day], homes.days[0], homes.days[-1])
        counts = np.zeros((len(self.scenarios), self.n_customer))
        for number, scenario in enumerate(self.scenarios):
            for draw in range(draws):
                returned = homes.returnees.persons(draw, day, scenario.returnees_factor)
                counts[number, : len(returned)] += returned[:, 0] > 0
        counts[:, homes.index[homes.lives_in]] = draws
        return counts / draws
