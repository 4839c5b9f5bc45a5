"""The breaker of one endpoint: after failures in a row it is spared, then tried with one question."""

from dataclasses import dataclass, replace

LONGEST_S = 600.0
"""An endpoint that is down for a day is tried every ten minutes."""


@dataclass(frozen=True)
class Breaker:
    """Instants are seconds of the clock that is handed in."""

    failures: int = 0
    """In a row."""
    times: int = 0
    """How often it opened since the endpoint last worked."""
    open_until: float = 0.0

    def is_open(self, at: float) -> bool:
        return at < self.open_until

    def admit(self, at: float, trial_s: float) -> "Breaker | None":
        """The breaker after one question is let through; None: it is open.

        After its time it lets one through, and is shut to others for `trial_s` or until that one is back.
        """
        if self.is_open(at):
            return None
        return replace(self, open_until=at + trial_s) if self.times else self

    def after_failure(
        self, at: float, most: int, pause_s: float, at_least_s: float = 0.0, at_once: bool = False
    ) -> "Breaker":
        """`most` failures in a row open it for `pause_s`, twice as long each time it fails again.

        `at_least_s`: told by the endpoint itself; opens at once. `at_once`: opens for LONGEST_S.
        """
        failures = self.failures + 1
        if not (at_once or at_least_s > 0 or self.times) and failures < most:
            return replace(self, failures=failures)
        pause = LONGEST_S if at_once else at_least_s or min(LONGEST_S, pause_s * 2.0 ** min(self.times, 16))
        return Breaker(failures, self.times + 1, at + pause)
