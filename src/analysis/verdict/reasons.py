"""One plain sentence for each verdict."""


def month_name(period) -> str:
    return period.strftime("%B %Y")


def percent(change: float) -> str:
    size = round(100 * abs(change))
    return f"{size}% {'above' if change > 0 else 'below'}" if size else "level with"


def explain(call, *, change, onset, settled_by, registered, shared, context) -> str:
    """Say why a call was made.

    Parameters
    ----------
    call : str
    change : float
        As a fraction of the expected level.
    onset, settled_by : pandas.Period or None
    registered : str or None
        Title of a recording change with which the change begins.
    shared : float
        How much of the departure the nation shows too; NaN when not known.
    context : str or None
        Title of another event in or just before the quarter.
    """
    where = f"The quarter lies {percent(change)} what the season and the year before lead one to expect"
    since = f"since {month_name(onset)}" if onset is not None else ""
    said = {
        "usual variation": f"{where}, which is no more than this series does from time to time",
        "short-term spike": f"The change that began in {month_name(onset) if onset is not None else ''} "
                            "looks like a passing one: it has the shape of a short-term issue, not of a new level",
        "sustained shift": f"The level has changed and held {since}: the quarter lies {percent(change)} "
                           "what was usual before",
        "trend": f"The figures have been {'rising' if change > 0 else 'falling'} step by step {since}: the quarter lies "
                 f"{percent(change)} what was usual before",
        "recording break": f"The fall that began in {month_name(onset) if onset is not None else ''} is too deep and too "
                           "sudden to be demand: it looks like recording, such as a change of case system",
        "too early to tell": f"{where}, and so far a short-term issue and a lasting change would look alike",
    }[call]
    if call == "recording break" and registered:
        said = (f"The change begins with a registered recording change ({registered}), "
                "so it speaks of the record and not of demand")
    elif registered:
        said += f"; a recording change is registered ({registered})"
    if shared == shared and call != "usual variation" and abs(change) > 0:
        said += "; the nation shows " + ("most of it too" if shared >= 0.6 else "part of it too" if shared >= 0.3
                                         else "little of it")
    if context:
        said += f"; note {context}"
    if settled_by is not None and call == "too early to tell":
        said += f"; it should be clear by {month_name(settled_by)}"
    return said + "."
