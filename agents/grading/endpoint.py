"""One question to one model endpoint: what is asked for, what comes back, and what can go wrong.

Unavailable           this endpoint cannot answer now  → next rung
  ├ Busy(retry_after)   429                            → wait, same rung
  ├ TimedOut · Broken   no answer · 5xx                → retry once, then next rung
  ├ Refused · OffSchema said no · bad JSON or enum     → repair once, then next rung
  ├ TooLong             cut off                        → shorten once, then next rung
  └ WrongSetting        key, address or model is wrong → next rung at once, breaker opens for long
"""

from dataclasses import dataclass
from typing import Protocol

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from agents.grading.answer import Answer


class Unavailable(Exception):
    """This endpoint cannot answer now: the next rung answers."""

    reason = "unavailable"


class Busy(Unavailable):
    reason = "busy"

    def __init__(self, retry_after_s: float | None) -> None:
        super().__init__(f"429, retry after {retry_after_s} s")
        self.retry_after_s = retry_after_s


class TimedOut(Unavailable):
    reason = "timed_out"


class Broken(Unavailable):
    reason = "broken"


class Refused(Unavailable):
    reason = "refused"


class OffSchema(Unavailable):
    reason = "off_schema"


class TooLong(Unavailable):
    reason = "too_long"


class WrongSetting(Unavailable):
    reason = "wrong_setting"


class EndpointSettings(BaseModel):
    """One OpenAI-compatible endpoint. Prices are list prices, for the budget."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: str
    base_url: str | None = None
    """None: the provider's own."""
    api_key: SecretStr = SecretStr("")
    provider: str = "openai"
    """LangChain's provider name."""
    timeout_s: float = Field(30, gt=0)
    tokens_out: int = Field(900, gt=0)
    """Longest answer."""
    cny_per_million_in: float = Field(0, ge=0)
    cny_per_million_out: float = Field(0, ge=0)

    @property
    def name(self) -> str:
        return self.model


@dataclass(frozen=True)
class Reply:
    """A checked answer and what it cost."""

    answer: Answer
    tokens_in: int
    tokens_out: int
    cost_cny: float


class Endpoint(Protocol):
    """Something that answers one question or raises Unavailable."""

    @property
    def name(self) -> str: ...

    async def ask(self, instructions: str, text: str) -> Reply: ...
