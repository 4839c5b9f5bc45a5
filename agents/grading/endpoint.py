"""One question to one model endpoint: what is asked for, what comes back, and what can go wrong.

Unavailable           this endpoint has no answer now
  ├ Busy(retry_after)   429                             → wait as told and ask again; too long: next rung
  ├ TimedOut            no answer in time               → ask once more, then next rung
  ├ Broken              5xx, no connection, no chat     → ask once more, then next rung
  ├ Refused             the model declined              → next rung at once: it would decline again
  ├ TooLong             the answer was cut off          → shorten the text once, then next rung
  ├ BadJson             no JSON, or not of the schema   → repair once, then next rung
  ├ OffList             a value outside a closed list   → repair once, naming the field, then next rung
  ├ OffText             not about this text             → repair once, then next rung
  ├ WrongSetting        key, address, model or money    → next rung at once, the breaker opens for long
  └ NoVariant           it lacks this way of asking     → ask in the next way; the one that works is remembered
"""

from dataclasses import dataclass
from typing import Literal, Protocol
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator

from agents.grading.answer import Answer

Variant = Literal["json_schema", "tool_call", "json_object"]
"""How the endpoint is held to the schema: strictly by itself, as a tool's arguments, or by words alone."""
VARIANTS: tuple[Variant, ...] = ("json_schema", "tool_call", "json_object")


@dataclass(frozen=True)
class Usage:
    """What a call has cost."""

    tokens_in: int = 0
    tokens_out: int = 0
    cost_cny: float = 0.0

    @property
    def tokens(self) -> int:
        return self.tokens_in + self.tokens_out

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(
            self.tokens_in + other.tokens_in,
            self.tokens_out + other.tokens_out,
            self.cost_cny + other.cost_cny,
        )


class Unavailable(Exception):
    """This endpoint has no answer now. The message never holds a ticket's text."""

    reason = "unavailable"

    def __init__(self, message: str = "", usage: Usage | None = None, said: str = "") -> None:
        """`usage`: what it has cost all the same. `said`: the answer as it came."""
        super().__init__(message)
        self.usage = usage or Usage()
        self.said = said
        self.variant: Variant | None = None
        self.has_other_way = False
        """Asked in the next way, it may answer."""


class Busy(Unavailable):
    reason = "busy"

    def __init__(self, retry_after_s: float | None) -> None:
        super().__init__("429" if retry_after_s is None else f"429, retry after {retry_after_s:g} s")
        self.retry_after_s = retry_after_s


class TimedOut(Unavailable):
    reason = "timed_out"


class Broken(Unavailable):
    reason = "broken"


class Refused(Unavailable):
    reason = "refused"


class TooLong(Unavailable):
    reason = "too_long"


class BadJson(Unavailable):
    reason = "bad_json"


class OffList(Unavailable):
    reason = "off_list"


class OffText(Unavailable):
    reason = "off_text"


class WrongSetting(Unavailable):
    reason = "wrong_setting"


class NoVariant(Unavailable):
    reason = "no_variant"


class EndpointSettings(BaseModel):
    """One OpenAI-compatible endpoint. Prices are list prices, for the budget."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: str = Field(min_length=1)
    """As the endpoint calls it."""
    base_url: str | None = None
    """None: the provider's own."""
    api_key: SecretStr = SecretStr("")
    """Empty: an endpoint that asks for none."""
    provider: str = "openai"
    """LangChain's provider name."""
    timeout_s: float = Field(30, gt=0)
    """Seconds for one answer."""
    tokens_out: int = Field(900, gt=0)
    """Longest answer."""
    variant: Variant | Literal["probe"] = "probe"
    """How the answer is held to the schema; "probe": found out with the first questions, and remembered."""
    streaming: bool = False
    """Ask for the answer piece by piece: some gateways cut off what is silent for long."""
    at_once: int = Field(8, ge=1)
    """Questions under way at most; fewer while the endpoint is overloaded."""
    requests_per_minute: float = Field(0, ge=0)
    """0: not limited."""
    tokens_per_minute: float = Field(0, ge=0)
    """0: not limited."""
    cny_per_million_in: float = Field(0, ge=0)
    """Price of a million tokens asked, in yuan. 0: the money cap does not see them."""
    cny_per_million_out: float = Field(0, ge=0)
    """The same of tokens answered."""

    @field_validator("base_url")
    @classmethod
    def _is_address(cls, url: str | None) -> str | None:
        try:
            parts = urlsplit(url or "http://none")
            fits = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
        except ValueError:
            fits = False
        if not fits or not (url or "-").isprintable() or " " in (url or ""):
            raise ValueError("must be an address such as https://host/v1")
        return url

    @field_validator("api_key")
    @classmethod
    def _is_key(cls, key: SecretStr) -> SecretStr:
        """Around it white space does not count: a key read from a file ends in a line end."""
        bare = key.get_secret_value().strip()
        if not (bare.isascii() and bare.isprintable() and " " not in bare):
            raise ValueError("a key is letters, digits and signs of ASCII without spaces")
        return SecretStr(bare)

    @property
    def name(self) -> str:
        return self.model

    def price(self, tokens_in: int, tokens_out: int) -> Usage:
        """So many tokens with their money."""
        cost = (tokens_in * self.cny_per_million_in + tokens_out * self.cny_per_million_out) / 1e6
        return Usage(tokens_in, tokens_out, cost)


@dataclass(frozen=True)
class Reply:
    """An answer that fits the schema, and what it cost."""

    answer: Answer
    usage: Usage
    variant: Variant


class Endpoint(Protocol):
    """Something that answers one question or raises Unavailable."""

    @property
    def settings(self) -> EndpointSettings: ...

    @property
    def fingerprint(self) -> str:
        """Changes with the model and with the schema: answers are remembered by it."""
        ...

    def most(self, instructions: str, message: str) -> Usage:
        """What asking this can cost at most."""
        ...

    async def ask(self, instructions: str, message: str) -> Reply: ...
