"""A ticket's membership in a problem: what was decided about it, kept so that nothing is decided twice."""

from typing import Literal

from pydantic import Field

from agents.grading.grade import RecurrenceKind
from agents.intake.ticket import PlacePart, Value
from agents.problems.signature import Signature


class Member(Value):
    """A ticket's place in a problem, and all that has been decided about it: what a redelivery is answered
    from."""

    ticket_id: str
    district: str
    """The district it is counted in; "" = unknown."""
    problem_id: str
    edition: int
    first_edition: int
    """The edition that was counted; a later one changes no count and raises no burst."""
    seq: int
    """The district's running number of the last change; guards every value it is applied to."""
    slot: int
    """The running number under which its text is indexed."""
    at: float
    """Local seconds of the ticket's creation."""
    caller: str
    signature: Signature | None = None
    """None once it is out of the search window."""
    digest: str = ""
    norm_text: float = 1.0
    norm_title: float = 1.0
    quote: str = ""
    learned: tuple[PlacePart, ...] = ()
    """District and street that its own fields do not say and other tickets have taught."""
    streams: tuple[str, ...] = ()
    """Keys of the rates it was counted in, widest first."""
    fresh: tuple[bool, ...] = ()
    """In the order of `streams`: whether it added a reporter."""
    joined: Literal["opened", "joined", "updated", "moved"] = "joined"
    open: bool = True
    was_open: bool | None = None
    """Before the last change; None: not counted before."""
    moved_from: str | None = None
    """The problem it left by the last change, with the streams it was counted in there."""
    new_streams: tuple[str, ...] = ()
    """Those of `streams` that the last change counts it in."""
    left_streams: tuple[str, ...] = ()
    left_fresh: tuple[bool, ...] = ()
    score: dict[str, float] = Field(default_factory=dict)
    near: str | None = None
    """The problem it almost joined."""
    rival: str | None = None
    """Another problem that it belongs to as surely: a merge of the two is proposed."""
    link: float = 0.0
    """Log odds that it belongs to the less likely of the two."""
    newcomer: bool = False
    """Named, and had never called about this problem."""
    after: str | None = None
    """The closed problem that the one it opened follows."""
    returns: bool = False
    """It says that a closed problem is back."""
    says_back: bool = False
    """In its own words what was repaired is back."""
    recurrence: RecurrenceKind = "first"
    earlier: tuple[str, ...] = ()
    fired: tuple[str, ...] = ()
    """Findings this ticket triggered."""
    moves: int = 0
    """How often merges and splits have given it to another problem."""
    regrouped: int = 0
    """The running number of the last one that did."""
    leaves: bool = False
    """Its district was corrected: it is being taken out of the books of the one before."""
    came_from: tuple[str, str] | None = None
    """District and problem that it was filed under before its district was corrected."""
