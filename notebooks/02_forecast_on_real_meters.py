# %% [markdown]
# # 02 Forecast on real meters
#
# What does gridplan say about tomorrow when meters are all it has, and how did that come true?
# This notebook takes three open data sets through the same steps: meters, the homes' usual day,
# draws of tomorrow, scores. It runs in less than a minute. Every figure in the text is one that a
# cell prints.
#
# | data | what it is | what it can tell | what it cannot |
# |---|---|---|---|
# | Spanish meters | 181 customers, hourly, 20 days, measured | tomorrow, home by home and together | seasons, holidays, quarter hours |
# | SimBench | five homes and a feeder of farms, quarter hours, 366 days | seasons, weekends, what a longer past is worth | how many homes coincide: all its homes share five profiles |
# | Electricity North West | 100 homes, quarter hours, one day each in winter and summer | how homes coincide, what *other* homes will draw | tomorrow: there is no second day. Most likely an appliance model, not meters |
#
# None of them is Chinese, rural in our sense, or of a festival. **No number below says how good a
# forecast of the Spring Festival is.** They say whether the machinery is honest where truth is
# known.

# %%
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from gridplan.demand.base_model import fit_base_model
from gridplan.demand.coincidence import demand_factors, time_variation
from gridplan.demand.day_ahead import day_ahead
from gridplan.demand.metering import MeterReadings
from gridplan.demand.quantile_scores import score_quantiles
from gridplan.demand.scores import crps, skill
from gridplan.demand.settings import Variation
from gridplan.demand.variation import autoregressive, lognormal
from gridplan.demand.winters import winters_of

ROOT = next(path for path in (Path.cwd(), *Path.cwd().parents) if (path / "notebooks").is_dir())
DATA = ROOT / "notebooks" / "data"
N_DRAW = 200
LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95, 0.99)


def table(rows, digits=3):
    """Print rows of figures, a column per key."""
    print(pd.DataFrame(rows).round(digits).to_string(index=False))


# %% [markdown]
# ## 1. Twenty days of Spanish meters
#
# The data have no dates; the energy of all meters together shows the weekends (orange). Not every
# meter is a home: some draw nothing, and the largest is a business.

# %%
watts = np.loadtxt(DATA / "spanish" / "hourly_w.csv", delimiter=",", skiprows=1)
spanish = watts.T.reshape(-1, 20, 24) / 1e3  # kW (meter, day, hour)
weekend = np.isin(np.arange(20) % 7, (4, 5))
energy = spanish.sum(axis=2)  # kWh

figure, (left, right) = plt.subplots(1, 2, figsize=(10, 3.2))
left.bar(np.arange(1, 21), energy.sum(axis=0), color=np.where(weekend, "C1", "C0"))
left.set(xlabel="day (orange: taken as weekend)", ylabel="all meters [kWh]", xticks=range(1, 21, 3))
right.hist(np.maximum(energy.mean(axis=1), 0.05), bins=np.geomspace(0.05, 150, 30), color="C0")
right.set(xscale="log", xlabel="mean energy of a day [kWh]", ylabel="meters")
figure.tight_layout()
plt.show()

# %% [markdown]
# **The base model.** `fit_base_model` says of each home whether it is lived in, how much it draws
# on a usual day and when. With exports of your own you write `read_meters(Path("meters"))` (96-point
# curves of State Grid or China Southern); here the hours become four equal quarter hours each.


# %%
def readings(p_kw, start="2000-01-03"):
    """Meter readings of days (meter, day, step); the date only says on which day it begins."""
    names = np.array([str(number) for number in range(len(p_kw))])
    quarters = np.repeat(p_kw, 96 // p_kw.shape[2], axis=2).astype(np.float32)
    return MeterReadings(ids=names, start=np.datetime64(start), p_kw=quarters)


homes = fit_base_model(winters_of(readings(spanish)))
lived_in = homes.lives_in
print(f"lived in on most days: {lived_in.sum()} of {len(spanish)} meters")
print("usual day of those, kWh: 10 %, half, 90 % of homes:",
      np.nanquantile(24 * homes.usual_kw[lived_in], [0.1, 0.5, 0.9]).round(1))  # fmt: skip
print(f"standby, half of them below {1e3 * np.nanmedian(homes.standby_kw[lived_in]):.0f} W")

# %% [markdown]
# **Tomorrow.** `day_ahead` draws from the days that it has seen: recent days and days of the same
# kind more often, moved to the present level, each home a little early or late, and now and then a
# day like none of a home's own. Below are all meters together and one home on day 18, from days 1
# to 17.

# %%
DAY = 17
draws = day_ahead(spanish[:, :DAY], weekend[: DAY + 1], N_DRAW)
one = int(np.argsort(energy.mean(axis=1))[120])
hours = np.arange(24) + 0.5

figure, axes = plt.subplots(1, 2, figsize=(10, 3.4))
for axis, drawn, seen, name in (
    (axes[0], draws.sum(axis=0), spanish[:, DAY].sum(axis=0), "181 meters together"),
    (axes[1], draws[one], spanish[one, DAY], "one home"),
):
    for low, high, shade in ((0.01, 0.99, 0.15), (0.05, 0.95, 0.3), (0.25, 0.75, 0.5)):
        band = np.quantile(drawn, [low, high], axis=0)
        axis.fill_between(
            hours, *band, color="C0", alpha=shade, lw=0, label=f"{high - low:.0%} of draws"
        )
    axis.plot(hours, seen, "k.-", label="measured")
    axis.set(title=name, xlabel="hour of day 18", ylabel="kW", ylim=(0, None))
axes[0].legend(fontsize=8)
figure.tight_layout()
plt.show()

# %% [markdown]
# **Scores.** The constants of `day_ahead` were chosen on days 4 to 12 of every second meter. So
# the fair test is the *other* 90 meters on days 13 to 20. (Two of the constants, how fast days are
# forgotten and what weekends count, had once been chosen on all meters; the split gave the same
# two again.) The CRPS is the mean error of a forecast in kW: for a forecast of a single number it
# *is* the mean absolute error, and draws score better only if their spread is right. Others to
# beat: the day before, the same day of the week before, the mean of like days, and the home's
# usual day (the base model without any spread).


# %%
def usual_day(p_kw, kinds):
    """The mean of like days of each meter: one draw."""
    return p_kw[:, kinds[:-1] == kinds[-1]].mean(axis=1)[:, None]


def base_model(p_kw, _):
    """Usual energy and shape of each home by its meter: one draw; nothing where not lived in."""
    found = fit_base_model(winters_of(readings(p_kw)))
    mean_kw = found.usual_kw[:, None] * found.shape
    return np.nan_to_num(mean_kw).reshape(len(p_kw), p_kw.shape[2], -1).mean(axis=2)[:, None]


FORECASTS = {
    "gridplan": lambda p_kw, kinds: day_ahead(p_kw, kinds, N_DRAW),
    "day before": lambda p_kw, _: p_kw[:, -1:],
    "week before": lambda p_kw, _: p_kw[:, -7][:, None],
    "mean of like days": usual_day,
    "usual day of base model": base_model,
}


def cases(p_kw, kinds, days, forecast, sizes=(), memory=60):
    """Draws (case, draw), measurements (case,) and whose they are, of each meter and of groups.

    A case is an hour (or quarter hour) of a meter or group on one of the days, each forecast from
    up to ``memory`` days before it. Groups are random, 20 of each size, and all meters together.
    """
    random = np.random.default_rng(0)
    members = {"one home": None, "all": [np.arange(len(p_kw))]}
    for size in sizes:
        members[f"{size} homes"] = [random.permutation(len(p_kw))[:size] for _ in range(20)]
    found = {name: [] for name in members}
    for day in days:
        first = max(0, day - memory)
        drawn, seen = forecast(p_kw[:, first:day], kinds[first : day + 1]), p_kw[:, day]
        for name, groups in members.items():
            forecasts, truth = drawn, seen
            if groups is not None:
                forecasts = np.stack([drawn[of].sum(axis=0) for of in groups])
                truth = np.stack([seen[of].sum(axis=0) for of in groups])
            flat = np.moveaxis(forecasts, 1, 2).reshape(-1, drawn.shape[1])
            whose = np.repeat(np.arange(len(truth)), truth.shape[1])
            found[name].append((flat, truth.ravel(), whose))
    return {
        name: tuple(np.concatenate(part) for part in zip(*rows, strict=True))
        for name, rows in found.items()
    }


fair = {
    name: cases(spanish[1::2], weekend, range(12, 20), forecast, sizes=(12, 48))
    for name, forecast in FORECASTS.items()
}
SIZES = ("one home", "12 homes", "48 homes", "all")
spanish_crps = {
    name: {size: crps(*found[size][:2]).mean() for size in SIZES} for name, found in fair.items()
}
table([{"CRPS [kW], 90 other meters": name, **row} for name, row in spanish_crps.items()])

# %%
drawn, seen, meter = fair["gridplan"]["one home"]
for other in ("day before", "week before", "mean of like days"):
    gain = skill(crps(drawn, seen), crps(*fair[other]["one home"][:2]), meter)
    print(f"one home: {gain.value:.0%} better than the {other} (90 % of bootstraps over meters: "
          f"{gain.low:.0%} to {gain.high:.0%})")  # fmt: skip

# %% [markdown]
# Single homes: little more than half the error of the day before. The more homes together, the
# smaller every error beside the demand, and the order of the forecasts stays. The base model alone
# is no forecast of tomorrow: it is a median day without the spread, and it leaves out who is
# seldom there.
#
# **Are the high quantiles honest?** A planner acts on them: of a 99 % quantile, 1 in 100 hours
# should lie above. `below` is the share of measurements at or below the quantile, `under` the
# share strictly below it; an honest quantile's level lies between both. They differ where homes
# draw exactly nothing.

# %%
for size in ("one home", "12 homes", "all"):
    quantiles = score_quantiles(*fair["gridplan"][size][:2], LEVELS)
    print(f"\n{size}: {quantiles.n_case} hours")
    table(quantiles.rows(), 4)

# %% [markdown]
# For single homes the 99 % quantile is exceeded by about 2 in 100 hours instead of 1: twelve days
# are few, and no home has shown its rarest hour yet. For all 90 together the draws are too wide:
# the interval from 5 to 95 % holds 97 %. That is the safe side, and not free: it announces
# overloads that do not come. Hours of one day are not independent, so `error` is too small, and
# eight days are eight days.

# %% [markdown]
# ## 2. A year of SimBench: seasons, weekends, and how long a past is needed
#
# Five homes and `rural1`, a feeder of three homes and ten farms taken as one meter at the
# transformer. 2016 began on a Friday. Every sixth day of July to December is forecast from the 60
# days before it; January to June served to choose the constants.

# %%
watts = np.loadtxt(DATA / "simbench" / "quarter_hourly_w.csv", delimiter=",", skiprows=1)
simbench = watts.T.reshape(6, 366, 96) / 1e3  # kW
five, farms = simbench[:5], simbench[5:]
dates = pd.date_range("2016-01-01", periods=366)
weekend_2016 = np.asarray(dates.dayofweek >= 5)
second_half = range(182, 366, 6)


year = {
    name: {
        label: crps(*cases(p_kw, weekend_2016, second_half, forecast)["one home"][:2])
        for label, p_kw in (("one home", five), ("feeder of farms", farms))
    }
    for name, forecast in FORECASTS.items()
}
table(
    [
        {"CRPS [kW]": name, **{label: score.mean() for label, score in found.items()}}
        for name, found in year.items()
    ]
)
print(f"mean demand: {five.mean():.2f} kW a home, {farms.mean():.1f} kW the feeder")

# %%
same_days = np.zeros(366, dtype=bool)
rows = []
for name, kinds, memory in (
    ("60 days, weekends told", weekend_2016, 60),
    ("60 days, weekends not told", same_days, 60),
    ("14 days, weekends told", weekend_2016, 14),
    ("7 days, weekends told", weekend_2016, 7),
):
    row = {"past": name}
    for label, p_kw in (("one home", five), ("feeder of farms", farms)):
        found = cases(p_kw, kinds, second_half, FORECASTS["gridplan"], memory=memory)["one home"]
        high = score_quantiles(*found[:2], (0.99,))
        row |= {f"CRPS, {label}": crps(*found[:2]).mean(), f"below q99, {label}": high.below[0]}
    rows.append(row)
table(rows)

# %% [markdown]
# Sixty days instead of seven make the *high* quantiles more honest (`below q99` closer to 0.99)
# and hardly change the mean error. Weekends do not matter here, though they do in the Spanish
# data: these five homes live them like other days. Told or not, the forecast is no worse for it.

# %%
MONTHS = {"July, August": (7, 8), "September, October": (9, 10), "November, December": (11, 12)}
month = np.array([dates[day].month for day in second_half])
rows = []
for name, of_year in MONTHS.items():
    row = {"days": name}
    for label, p_kw in (("home", five), ("feeder", farms)):
        there = np.isin(month, of_year)
        row[f"{label}: mean kW"] = p_kw[:, second_half][:, there].mean()
        for forecast in ("gridplan", "week before"):
            score = year[forecast]["one home" if label == "home" else "feeder of farms"]
            row[f"{label}: {forecast}"] = score.reshape(len(month), -1)[there].mean()
    rows.append(row)
table(rows)

# %% [markdown]
# ## 3. A hundred homes on one day: how they coincide, and what other homes will draw
#
# With one day per home nothing can be said about tomorrow. But a planner's commonest question
# needs no second day: *what will a group of N homes peak at, when I have meters of others only?*
#
# **Coincidence** is the peak of a group over the sum of its homes' own peaks. It falls with the
# number of homes, and it is higher for hours than for quarter hours. The grey steps are the
# Chinese table JGJ 242 for urban dwellings; its factors are relative to design loads, so it stands
# here to compare.

# %%
enwl = {
    season: np.loadtxt(DATA / "enwl" / f"{season}_w.csv", delimiter=",", skiprows=1).T / 1e3
    for season in ("winter", "summer")
}
GROUPS = (1, 3, 6, 12, 24, 48, 96)
usual = energy.mean(axis=1)
dwelling = (usual > 1) & (usual < 25)  # kWh a day: leaves out empty ones and businesses
working_winter = np.isin(dates.month, (12, 1, 2)) & ~weekend_2016
by_home = five / five.mean(axis=(1, 2), keepdims=True)
by_day = by_home[:, working_winter].reshape(1, -1, 96)
days_of = {
    "Spanish homes, hours (measured)": spanish[dwelling].swapaxes(0, 1),
    "Electricity North West, winter, hours": enwl["winter"].reshape(1, 100, 24, 4).mean(axis=3),
    "Electricity North West, winter, quarter hours": enwl["winter"][None],
    "Electricity North West, summer, quarter hours": enwl["summer"][None],
    "SimBench, winter days as homes, quarter hours": by_day,
}
factors = {name: demand_factors(p_kw, GROUPS) for name, p_kw in days_of.items()}
table(
    [
        {"demand factor": name, **dict(zip(GROUPS, found.mean, strict=True))}
        for name, found in factors.items()
    ],
    2,
)

JGJ_242 = (
    (1, 3, 0.9, 1.0),
    (4, 8, 0.65, 0.9),
    (9, 12, 0.5, 0.65),
    (13, 24, 0.45, 0.5),
    (25, 96, 0.4, 0.45),
)
figure, axis = plt.subplots(figsize=(7.5, 4))
for first, last, low, high in JGJ_242:
    axis.fill_between(
        [first, last], low, high, color="0.85", lw=0, label="JGJ 242-2011" if first == 1 else None
    )
for name, found in factors.items():
    axis.errorbar(
        found.size, found.mean, [found.mean - found.low, found.high - found.mean],
        marker=".", capsize=2, lw=1, label=name, ls="-" if "measured" in name else "--",
    )  # fmt: skip
axis.set(xscale="log", xticks=GROUPS, xticklabels=GROUPS, xlabel="homes", ylim=(0, 1.05),
         ylabel="peak together / sum of own peaks")  # fmt: skip
axis.minorticks_off()
axis.legend(fontsize=8)
figure.tight_layout()
plt.show()

# %% [markdown]
# In quarter hours a group of 24 homes needs less than half of the sum of its homes' peaks; a
# service drop needs all of it. SimBench has too few homes; each winter working day of its five
# homes counts as a home there, so that what homes owe to the same weather is lost. Bars: 5 to 95 %
# of random groups. Nobody celebrates in these data: on the Eve homes have more in common than
# here.
#
# **Homes left out.** Take 50 homes as the metered ones and forecast the peak of N of the other 50,
# 30 times. Two ways: *lend* a metered home's day to each of the N; or gridplan's own process, a
# smooth shape of the day times a level and a variation in time, with the three figures fitted to
# the 50.


# %%
def smooth_shape(p_kw):
    """Mean day of homes (home, step), smoothed over three steps, of mean 1."""
    mean = p_kw.mean(axis=0) / p_kw.mean()
    return np.mean([np.roll(mean, step) for step in (-1, 0, 1)], axis=0)


def lent(p_kw, size, random):
    """Peaks of groups of homes that live the days of metered ones (draw,)."""
    return np.array(
        [p_kw[random.integers(len(p_kw), size=size)].sum(axis=0).max() for _ in range(N_DRAW)]
    )


def process(p_kw, size, random, settings):
    """Peaks of groups of homes drawn as a forecast does: level, shape, variation in time (draw,)."""
    n_step = p_kw.shape[1]
    level = p_kw.mean() * lognormal(random.standard_normal((N_DRAW, size, 1)), settings.home_cv)
    noise = random.standard_normal((N_DRAW, size, n_step))
    stays = float(np.exp(-24 / n_step / settings.time_correlation_h))
    in_time = lognormal(autoregressive(noise, stays), settings.time_cv)
    return (level * smooth_shape(p_kw) * in_time).sum(axis=1).max(axis=1)


def fitted(p_kw):
    """Variation of metered homes, as a study would state it."""
    found = time_variation(p_kw[:, None], smooth_shape(p_kw))
    level = p_kw.mean(axis=1)
    return Variation(
        home_cv=level.std() / level.mean(),
        time_cv=found.cv,
        time_correlation_h=found.correlation_h,
    )


for season, p_kw in enwl.items():
    found = fitted(p_kw)
    print(f"{season}: homes differ by {found.home_cv:.2f}, quarter hours by {found.time_cv:.2f}, "
          f"forgotten in {found.time_correlation_h:.2f} h")  # fmt: skip

# %%
left_out = {}
for season, p_kw in enwl.items():
    for size in (6, 12, 24):
        random = np.random.default_rng(1)
        drawn = {"lent days": [], "process, fitted": [], "process, as studies have it": []}
        peaks = []
        for _ in range(30):
            order = random.permutation(100)
            known, others = p_kw[order[:50]], p_kw[order[50 : 50 + size]]
            peaks.append(others.sum(axis=0).max())
            drawn["lent days"].append(lent(known, size, random))
            drawn["process, fitted"].append(process(known, size, random, fitted(known)))
            drawn["process, as studies have it"].append(process(known, size, random, Variation()))
        for name, draws in drawn.items():
            left_out[season, size, name] = (np.array(draws), np.array(peaks))
rows = []
for (season, size, name), (draws, peaks) in left_out.items():
    found = score_quantiles(draws, peaks, (0.05, 0.5, 0.95, 0.99))
    rows.append(
        {"season": season, "homes": size, "forecast": name, "CRPS [kW]": crps(draws, peaks).mean(),
         "median / seen": np.median(draws) / np.median(peaks),
         **{f"below {level:.0%}": share for level, share in zip(found.level, found.below, strict=True)}}
    )  # fmt: skip
table(rows, 2)

# %% [markdown]
# - *Lending days* needs no model and is the best of the three; it needs enough meters of the same
#   winter.
# - The *process* with its figures fitted to the metered homes comes out up to 13 % above the peaks
#   seen: real homes have fewer extreme quarter hours than its lognormal tail.
# - The last rows use the variation of a study that says nothing of its own (printed below). Where
#   `below 95%` is far under 0.95, groups of few homes are judged too kindly.

# %%
print(Variation(), "\n")
rows = []
for name, p_kw, shape in (
    ("Electricity North West, winter", enwl["winter"][:, None], smooth_shape(enwl["winter"])),
    ("Electricity North West, summer", enwl["summer"][:, None], smooth_shape(enwl["summer"])),
    ("SimBench, winter working days", five[:, working_winter],
     five[:, working_winter].mean(axis=1, keepdims=True)),
    ("Spanish homes, hours", spanish[dwelling], spanish[dwelling].mean(axis=(0, 1))),
):  # fmt: skip
    found = time_variation(p_kw, shape)
    rows.append({"homes": name, "time_cv": found.cv, "time_correlation_h": found.correlation_h})
table(rows, 2)

# %% [markdown]
# ## What a planner can take from this
#
# 1. **With three weeks of meters, tomorrow is known with little more than half the error of "like
#    yesterday"**, home by home and for a whole transformer. Seven days will do for the middle, not
#    for the 99 % quantile.
# 2. **Read the high quantiles as "about"**: of one home's 99 % quantile expect 2 exceedances in
#    100 hours, of a transformer's fewer than promised.
# 3. **A small circuit is no small transformer.** Six homes need half to two thirds of the sum of
#    their peaks, a hundred a third to a half. Never scale a transformer's curve down to a service
#    drop.
# 4. **This is not the festival.** An empty home is forecast empty here; who comes home is known to
#    the register alone. `gridplan forecast backtest` scores festivals once they have been
#    measured.
