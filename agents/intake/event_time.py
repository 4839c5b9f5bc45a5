"""Event time of a stream: how far it has come, by dates that can be believed."""

from datetime import datetime, timedelta

FAR = timedelta(days=60)
"""Event time goes so far only when a second event follows: one wrong date would stop it for years."""


class EventTime:
    """The largest believable date. One far ahead of all others is believed when another bears it out; itself again
    does not, nor another of the same ticket. The first date of all stands for as long as the second is not far before it."""

    __slots__ = ("_alone", "_doubted", "at")

    def __init__(self) -> None:
        self.at: datetime | None = None
        """None: nothing seen yet."""
        self._doubted: tuple[datetime, str] | None = None
        """A date far ahead, and whose it is."""
        self._alone = True

    def see(self, at: datetime, ticket_id: str = "") -> bool:
        """Whether the date is believed; event time is at least it then. `ticket_id`: whose it is, where known."""
        if self.at is None:
            self.at = at
            return True
        gap = at - self.at
        if gap > FAR:
            before, self._doubted = self._doubted, (at, ticket_id)
            if before is None or before[0] == at or (ticket_id and before[1] == ticket_id):
                return False
        elif self._alone and gap < -FAR:
            self.at = at
        self._doubted, self._alone = None, False
        if at > self.at:
            self.at = at
        return True

    def reach(self, at: datetime) -> None:
        """Event time has come to `at`: a tick, which needs no bearing out."""
        if self.at is None or at > self.at:
            self.at = at
