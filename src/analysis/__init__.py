"""Is this rise in demand a trend, or a short-term issue?"""
