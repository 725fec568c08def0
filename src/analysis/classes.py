"""The five classes of a verdict, and what it is called when it names none of them."""

CLASSES = ("usual variation", "short-term spike", "sustained shift", "trend", "recording break")
USUAL, SPIKE, SHIFT, TREND, RECORDING = CLASSES
TOO_EARLY, TOO_LITTLE = "too early to tell", "too little data"

LASTS, PASSED, OPEN, NONE = "lasts", "passed", "open", "none"  # answers to the question of a quarter: does it last?
HELD, TAKEN_BACK = "held", "taken back"  # answers to a call, by the page after it
NOT_SHOWN, SETTLED_BEFORE = "not shown", "settled before"  # of a look at it whose total is hidden, or that comes late

# of a departure that the nation shows too, from which it is mostly or partly the nation's
MOST_SHARED, PART_SHARED = 0.6, 0.3
SAME = "same"  # what a second source says of a measure

EVEN = 0.5  # a probability from which a thing is likelier than not
