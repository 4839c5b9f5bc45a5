"""How fast one endpoint is asked: a token bucket for rates, additive increase and halving for concurrency."""

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Bucket:
    """An allowance that fills by the minute and holds one minute's worth. It may go into debt: then one waits."""

    per_minute: float
    """0: not limited."""
    level: float = 0.0
    at: float = 0.0

    @classmethod
    def full(cls, per_minute: float, at: float) -> "Bucket":
        return cls(per_minute, per_minute, at)

    def draw(self, amount: float, at: float) -> "Bucket":
        """After taking `amount`. A negative amount gives back what was taken too much."""
        if not self.per_minute:
            return self
        filled = min(self.per_minute, self.level + max(0.0, at - self.at) * self.per_minute / 60)
        return replace(self, level=min(self.per_minute, filled - amount), at=max(at, self.at))

    def wait_s(self, amount: float, at: float) -> float:
        """Seconds until `amount` may be drawn; a draw larger than a minute's worth waits for a full bucket."""
        if not self.per_minute:
            return 0.0
        level = self.draw(0, at).level
        return max(0.0, (min(amount, self.per_minute) - level) * 60 / self.per_minute)


@dataclass(frozen=True)
class Limit:
    """How many questions may be under way: one more after as many successes, half after an overload.

    Source: additive increase, multiplicative decrease, as in TCP (RFC 5681).
    """

    most: int
    size: float
    cut_at: float = float("-inf")

    @classmethod
    def open(cls, most: int) -> "Limit":
        return cls(most, float(most))

    @property
    def places(self) -> int:
        return max(1, int(self.size))

    def after_success(self) -> "Limit":
        return replace(self, size=min(float(self.most), self.size + 1 / self.size))

    def after_overload(self, at: float, within_s: float = 1.0) -> "Limit":
        """Questions that were under way together fail together: they halve it once."""
        if at - self.cut_at < within_s:
            return self
        return replace(self, size=max(1.0, self.size / 2), cut_at=at)
