"""The words by which a table names the row or column that is the whole of the others, in both nations."""

import re

_OF = (
    "areas|localities|districts|teams|services|offices|regions|wards|authorities|councils|schools|units|sites|"
    "ages|age groups|children|young people|people|persons|pupils|adults|sexes|genders|ethnicities|ethnic groups|"
    "sources|types|categories|reasons|needs|groups|cases|referrals|contacts|"
    "(children )?of (the )?(county|borough|city|district|area|authority|council|service|country|england|wales)"
)
TOTAL = re.compile(
    rf"\W*(((grand|sub|over ?all|combined|annual|year|all)?[ -]?totals?)|(.* )totals?|totals? (for|of|in|all)\b.*|totals? ({_OF})|"
    rf"all|all ({_OF})|whole (county|borough|city|district|area|authority|council|service|country)|overall|"
    r"(county|borough|city|district|authority|council|service|nation)[ -]?wide|both( sexes| genders)?|persons|"
    r"cyfanswm( .*)?|.* cyfanswm|(y )?cyfan|pob|pob (un|ardal|tîm|oed|oedran|rhyw|plentyn|awdurdod|rhanbarth|gwasanaeth)|"
    r"ytd|year[ -]to[ -]date|full year)\W*",
    re.IGNORECASE,
)
NATIONS = frozenset({"england", "wales", "england and wales", "lloegr", "cymru"})  # wholes of authorities, if they are


def names_total(text: str) -> bool:
    """Say whether a text is what people call the sum of the rows beside it.

    >>> names_total("All areas"), names_total("Cyfanswm"), names_total("All Saints")
    (True, True, False)
    """
    return bool(TOTAL.fullmatch(" ".join(text.split())))
