"""Tokens and money of one local day, with a hard cap that workers share by partitions.

Every partition has an equal share of the day's cap and keeps its own account, which moves with the partition.
Two workers own different partitions, so together they cannot pass the cap, without asking each other.
A call is reserved at the most that it can cost before it is made, so calls under way cannot pass it either. Only a
server that does not keep to the longest answer can, by what its answers under way are too long: see ChatEndpoint.most.
"""

from collections.abc import MutableMapping
from dataclasses import dataclass, field

from pydantic import BaseModel, ConfigDict, Field

from agents.grading.endpoint import Usage
from agents.intake.ticket import Value

ACCOUNT = "account"
"""The one key of a partition's account."""


class BudgetSettings(BaseModel):
    """What a day may cost, all workers together."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    tokens_per_day: int = Field(5_000_000, ge=0)
    """Tokens asked and answered. 0: rules only."""
    cny_per_day: float = Field(100, ge=0)
    """At either cap the rules grade until the next local day."""


class Spent(Value):
    """What one partition has paid on one day."""

    day: int
    """Local days since 1970."""
    tokens: int = 0
    cost_cny: float = 0.0


@dataclass
class Purse:
    """The account of one partition, and what its calls under way may still cost."""

    caps: BudgetSettings
    spent: MutableMapping[str, Spent] = field(default_factory=dict)
    share: float = 1.0
    """This partition's part of the caps."""
    _reserved: Usage = field(default_factory=Usage)

    def affords(self, most: Usage) -> bool:
        """Whether a day's share can pay for one such call."""
        caps = self.caps
        return (
            most.tokens <= caps.tokens_per_day * self.share and most.cost_cny <= caps.cny_per_day * self.share
        )

    def reserve(self, most: Usage, day: int) -> bool:
        """Set aside what a call can cost at most; False: it does not fit any more today."""
        account, held = self._of(day), self._reserved
        if account.tokens + held.tokens + most.tokens > self.caps.tokens_per_day * self.share:
            return False
        if account.cost_cny + held.cost_cny + most.cost_cny > self.caps.cny_per_day * self.share:
            return False
        if self.caps.cny_per_day == 0:
            return False
        self._reserved = held + most
        return True

    def settle(self, most: Usage, usage: Usage, day: int) -> None:
        """The call is back: book what it did cost in place of what was reserved."""
        self._reserved += Usage(-most.tokens_in, -most.tokens_out, -most.cost_cny)
        if usage.tokens or usage.cost_cny:
            account = self._of(day)
            self.spent[ACCOUNT] = Spent.trusted(
                day=day, tokens=account.tokens + usage.tokens, cost_cny=account.cost_cny + usage.cost_cny
            )

    def _of(self, day: int) -> Spent:
        account = self.spent.get(ACCOUNT)
        return account if account is not None and account.day >= day else Spent.trusted(day=day)
