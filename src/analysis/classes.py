"""The five classes of a verdict, and what it is called when it names none of them."""

CLASSES = ("usual variation", "short-term spike", "sustained shift", "trend", "recording break")
USUAL, SPIKE, SHIFT, TREND, RECORDING = CLASSES
TOO_EARLY, TOO_LITTLE = "too early to tell", "too little data"
