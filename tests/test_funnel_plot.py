"""Areas against each other: the limits of counting, and what areas differ by beyond it."""

import numpy as np
import pytest

from analysis.spc import LIMITS, funnel_plot

EXPOSED = np.geomspace(2_000, 300_000, 150)  # children of the smallest and the largest authorities


@pytest.mark.parametrize("share", [False, True])
@pytest.mark.parametrize("between", [0.0, 0.3])
def test_as_many_areas_lie_between_the_limits_as_these_say(share, between):
    rng = np.random.default_rng(7)
    inside = {p: [] for p in LIMITS}
    exposed = EXPOSED / (100 if share else 1)
    for _ in range(60):
        level = 0.3 if share else 0.015
        own = np.clip(level * (1 + between * rng.standard_normal(len(exposed))), 0, 1)
        observed = rng.binomial(exposed.astype(int), own) if share else rng.poisson(exposed * own)
        plot = funnel_plot(observed, exposed, share=share)
        for p in LIMITS:
            low, high = plot.limits(exposed, p)
            rate = observed / exposed
            inside[p].append(((rate >= low) & (rate <= high)).mean())
    assert np.mean(inside[0.95]) == pytest.approx(0.95, abs=0.02)
    assert np.mean(inside[0.998]) > 0.985


def test_by_hand():
    """Ten areas of 100: one has 40, the others 10. The one stands out from what the nine have in common."""
    plot = funnel_plot([10.0] * 9 + [40.0], [100.0] * 10, share=True)
    variance = 0.13 * 0.87 / 100
    squares = np.r_[np.full(9, 0.03**2), np.quantile([-0.03] * 9 + [0.27], 0.9) ** 2]
    assert plot.target == 0.13
    assert plot.between == pytest.approx(max(squares.mean() / 0.6787 / 0.9 - variance, 0), abs=1e-6)
    for p, normal in ((0.95, 1.959964), (0.998, 3.090232)):
        reach = normal * np.sqrt(0.13 * 0.87 / 400 + plot.between)  # of an area four times as large
        low, high = plot.limits([400.0], p)
        assert high[0] == pytest.approx(0.13 + reach, abs=1e-6) and low[0] == pytest.approx(
            max(0.13 - reach, 0), abs=1e-6
        )
    assert plot.away[-1] == pytest.approx(0.27 / np.sqrt(variance + plot.between)) and plot.away[-1] > 3


@pytest.mark.parametrize(
    ("observed", "exposed", "share"),
    [
        ([5.0] * 7, [100.0] * 7, False),
        ([0.0] * 9, [100.0] * 9, False),
        ([100.0] * 9, [100.0] * 9, True),
        ([], [], True),
    ],
)
def test_too_few_or_all_alike_say_nothing(observed, exposed, share):
    assert funnel_plot(observed, exposed, share=share) is None


def test_an_area_without_a_figure_stands_aside():
    observed = np.r_[EXPOSED * 0.01, np.nan]
    plot = funnel_plot(observed, np.r_[EXPOSED, 500.0], share=False)
    assert np.isnan(plot.away[-1]) and np.isfinite(plot.away[:-1]).all()
