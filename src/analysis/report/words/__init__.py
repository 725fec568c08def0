"""Every sentence that a reader meets, made from judged rows. The one place for words.

Plain English: short sentences, everyday words, the answer first. A probability is a number with the government's
yardstick word beside it. The strings stand in a catalogue a language, in `analysis.language`; the modules choose
among them and fill them in; Babel writes figures and dates.
"""

from ...classes import RECORDING, SHIFT, SPIKE, TOO_EARLY, TOO_LITTLE, TREND, USUAL
from ...language import LOCALES, html, in_its_language, language, plain, say, speaking
from .all_pages import areas_apart, expected_by_chance, how_many_moved, in_a_line, on_the_year
from .calls import (
    MOVED,
    PLAIN_CALL,
    answer,
    by_chance,
    call_of,
    evidence,
    headline,
    holds,
    how_sure,
    missed,
    news,
    question,
    reason,
    shares,
    small_picture,
    split,
    this_quarter,
)
from .context import (
    better,
    goes_on,
    good_years,
    moved_apart,
    nation_shows,
    rate,
    repeats,
    where_from,
    year_by_year,
    year_so_far,
)
from .figures import (
    SYMBOL_WORDS,
    TENTH,
    chance,
    day,
    decimal,
    figure,
    likelihood,
    listing,
    month,
    no_figure,
    number,
    percentage,
    quarter,
    quarter_span,
    sentence,
    share,
    short_month,
    sign,
    sign_means,
    yardstick,
)
from .frame import (
    LIMITS,
    alt_text,
    as_at_note,
    chart_subtitle,
    chart_title,
    draft_note,
    event_label,
    frame,
    method,
    page_title,
    revised,
    status_line,
)
from .questions import (
    asked,
    asked_before,
    asked_on,
    came,
    does_it_last,
    follow_up,
    it_means,
    lasting,
    standing,
    turned_out,
    what_settles,
    will_it_last,
)
from .records import (
    CODES,
    FALL,
    as_published,
    assumption,
    bulk_day,
    data_quality,
    event,
    gap,
    looks_like_recording,
    provisional,
    restoration,
    shared_break,
)
from .timeliness import (
    band,
    clock,
    control,
    control_icon,
    control_words,
    grace,
    on_time,
    pile,
    rated,
    recorded,
    reliably,
    signed_off_late,
    until,
    why_late,
)
