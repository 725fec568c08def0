"""The closed form against the long way round: full covariances, scipy's Student-t, months really left out."""

import numpy as np
import pytest
from scipy import stats

from analysis.verdict import model
from analysis.verdict.departure import depart
from analysis.verdict.evidence import SCATTER_SHAPE, Nuisance, fit, log_factors, missing_months
from analysis.verdict.hypotheses import AHEAD, EFFECT_SD, changes_ahead
from analysis.verdict.posterior import t_below
from analysis.verdict.scale import Scale

LENGTH, SCATTER = 30, 0.04
SCALE = Scale(np.zeros(3, dtype=int), np.full(3, np.sqrt(SCATTER / SCATTER_SHAPE)), np.zeros(3), np.ones(3))


@pytest.fixture(scope="module")
def rows():
    return np.random.default_rng(5).normal(0, 0.2, (3, LENGTH))


def none(count):
    return missing_months(np.zeros((count, LENGTH), dtype=bool))


def long_way(z, covariance, keep=slice(None)):
    """Log density of z under the multivariate t that integrates the scatter out."""
    df = 2 * SCATTER_SHAPE
    shape = covariance[keep][:, keep] * SCATTER / SCATTER_SHAPE
    return stats.multivariate_t(shape=shape, df=df, seed=0).logpdf(z[keep])


def test_a_column_is_a_rank_one_update(rows):
    plan = model.plan(LENGTH, model.Sort())
    null, (demand, _) = fit(plan, rows, none(3), SCALE, plan.families)
    factors = log_factors(null, demand, EFFECT_SD)
    for g, setting in list(enumerate(model.settings(model.Sort())))[::7]:
        base = model.covariance(LENGTH, setting)
        for k in (0, 9, 40, 60):
            column = plan.families[0].family.columns[:LENGTH, k]
            for s, sd in enumerate(EFFECT_SD):
                with_it = base + sd**2 * np.outer(column, column)
                for r, z in enumerate(rows):
                    assert factors[r, g, s, k] == pytest.approx(long_way(z, with_it) - long_way(z, base), abs=1e-5)


def test_the_null_of_two_settings_differs_by_their_densities(rows):
    plan = model.plan(LENGTH, model.Sort())
    null, _ = fit(plan, rows, none(3), SCALE, plan.families)
    settings = model.settings(model.Sort())
    for r, z in enumerate(rows):
        far = long_way(z, model.covariance(LENGTH, settings[20])) - long_way(z, model.covariance(LENGTH, settings[3]))
        assert null.log_evidence[r, 20] - null.log_evidence[r, 3] == pytest.approx(far, abs=1e-5)


def test_a_missing_month_is_as_if_it_had_never_been(rows):
    plan = model.plan(LENGTH, model.Sort())
    missing = np.zeros((3, LENGTH), dtype=bool)
    missing[:, [4, 17]] = True
    keep = ~missing[0]
    z = np.where(missing, 99.0, rows)
    null, (demand, _) = fit(plan, z, missing_months(missing), SCALE, plan.families)
    factors = log_factors(null, demand, EFFECT_SD)
    base = model.covariance(LENGTH, model.settings(model.Sort())[5])
    column = plan.families[0].family.columns[:LENGTH, 12]
    with_it = base + EFFECT_SD[1] ** 2 * np.outer(column, column)
    for r in range(3):
        far = long_way(z[r], with_it, keep) - long_way(z[r], base, keep)
        assert factors[r, 5, 1, 12] == pytest.approx(far, abs=1e-3)


def test_the_year_ahead_is_the_conditional_mean(rows):
    plan = model.plan(LENGTH, model.Sort())
    step = np.zeros((3, LENGTH, 1))
    step[:, 12:] = 1
    older = Nuisance(step, np.ones((3, 1)), np.full((3, 1), 0.01))
    null, (demand, _) = fit(plan, rows, older, SCALE, plan.families)
    g, k, sd = 4, 33, EFFECT_SD[2]
    held = np.ones(LENGTH + AHEAD)
    held[:12] = 0
    column = plan.families[0].family.columns[:, k]
    whole = model.covariance(LENGTH + AHEAD, model.settings(model.Sort())[g]) + 100 * np.outer(held, held)
    whole += sd**2 * np.outer(column, column)
    mean = np.r_[np.zeros(LENGTH), np.full(AHEAD, 1 / AHEAD)]
    gain = mean @ whole[:, :LENGTH] @ np.linalg.inv(whole[:LENGTH, :LENGTH])
    variance = mean @ whole @ mean - gain @ whole[:LENGTH] @ mean + changes_ahead(mean[None, LENGTH:])[0, 0]
    stiff = demand.norm[:, g, k] + sd**-2.0
    effect = demand.dot[:, g, k] / stiff
    beyond = demand.ahead[:, g, k, model.YEAR_AHEAD]
    assert null.ahead[:, g, model.YEAR_AHEAD] + beyond * effect == pytest.approx(rows @ gain, abs=1e-5)
    assert null.ahead_cov[:, g, model.YEAR_AHEAD, model.YEAR_AHEAD] + beyond**2 / stiff == pytest.approx(
        variance, rel=1e-4
    )


def test_the_approximate_distribution_function_is_good_to_three_digits():
    x = np.linspace(-6, 6, 61)
    for half_freedom in (4.5, 7.5, 30.0):
        assert t_below(x, half_freedom) == pytest.approx(stats.t(2 * half_freedom).cdf(x), abs=1e-3)


def test_departure_follows_its_definition():
    rng = np.random.default_rng(2)
    z = rng.normal(5, 0.1, 48)
    t = np.arange(45)
    slope, start = np.polyfit(t, z[:45], 1)
    residual = z[:45] - start - slope * t
    season = np.array([residual[t % 12 == m].mean() for m in range(12)]) * 0.8
    season -= season.mean()
    adjusted = z - season[np.arange(48) % 12]
    found = depart(z[None])
    assert found.season[0] == pytest.approx(season)
    assert found.level[0] == pytest.approx(np.median(adjusted[33:45]))
    assert found.change[0] == pytest.approx(adjusted[45:].mean() - np.median(adjusted[33:45]))
    past = [adjusted[i : i + 3].mean() - np.median(adjusted[i - 12 : i]) for i in range(12, 43)]
    assert found.usual[0] == pytest.approx(1.4826 * np.median(np.abs(past)))
