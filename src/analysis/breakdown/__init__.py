"""What a change is made of: parts, ways through the service, the year, and the nation's share of it."""

from .beside import beside_others
from .change import beyond_usual, contributions, count_parts
from .nation import add_rates, byar, dispersion, shared_with_nation
from .outturn import against_each_other, rolling_years, year_to_date
from .pathway import funnel, re_referrals

__all__ = [
    "add_rates",
    "against_each_other",
    "beside_others",
    "beyond_usual",
    "byar",
    "contributions",
    "count_parts",
    "dispersion",
    "funnel",
    "re_referrals",
    "rolling_years",
    "shared_with_nation",
    "year_to_date",
]
