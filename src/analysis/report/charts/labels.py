"""Where texts go, so that none lies on another. All in pixels."""

from dataclasses import dataclass

LINE = 14  # pixels from one line of small text to the next
CLEAR = 3  # pixels around a text


@dataclass(frozen=True)
class Box:
    """A rectangle by its middle and its size."""

    x: float
    y: float
    width: float
    height: float

    def meets(self, other: "Box") -> bool:
        """Whether the two share any ground."""
        apart = abs(self.x - other.x) >= (self.width + other.width) / 2
        return not apart and abs(self.y - other.y) < (self.height + other.height) / 2

    def within(self, other: "Box") -> bool:
        """Whether all of it lies inside another."""
        across = abs(self.x - other.x) + self.width / 2 <= other.width / 2
        return across and abs(self.y - other.y) + self.height / 2 <= other.height / 2


def beside(x: float, y: float, width: float, *, taken: list[Box], inside: Box, up: bool = True) -> Box:
    """Return the nearest place for a text beside a point that is free; the best there is where none is.

    `up` says which side is tried first. The place is not added to `taken`.
    """
    height, side = LINE, 1 if up else -1
    near, left = height / 2 + 7, -(width / 2 + 8)
    tried = [
        Box(x + across, y + side * along, width + CLEAR, height)
        for along in (near, -near, near + LINE, -near - LINE, near + 2 * LINE, -near - 2 * LINE)
        for across in (0, left / 2, left)
    ]
    tried.insert(6, Box(x + left, y, width + CLEAR, height))
    return min(tried, key=lambda b: (sum(b.meets(t) for t in taken) + 2 * (not b.within(inside)), tried.index(b)))


def rows_for(spans: list[tuple[float, float]]) -> list[int]:
    """Return the first row, from 0, in which each span is clear of those before it.

    >>> rows_for([(0, 10), (5, 20), (11, 30)])
    [0, 1, 0]
    """
    rows: list[int] = []
    for i, (start, end) in enumerate(spans):
        held = {rows[j] for j in range(i) if spans[j][0] < end and start < spans[j][1]}
        rows.append(next(r for r in range(i + 1) if r not in held))
    return rows


def spread(heights: list[float], *, gap: float = LINE) -> list[float]:
    """Move two heights apart until a line of text fits between them; one stays as it is.

    >>> spread([10.0, 12.0], gap=14)
    [4.0, 18.0]
    """
    if len(heights) < 2 or abs(heights[0] - heights[1]) >= gap:
        return heights
    middle, sign = sum(heights) / 2, 1 if heights[0] > heights[1] else -1
    return [middle + sign * gap / 2, middle - sign * gap / 2]
