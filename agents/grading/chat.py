"""The only file that knows LangChain and OpenAI: a chat model behind an OpenAI-compatible address."""

import asyncio
import hashlib
import json
from collections.abc import Mapping
from contextlib import suppress
from email.utils import parsedate_to_datetime
from typing import Any

import openai
from langchain.chat_models import init_chat_model
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage
from langchain_core.runnables import Runnable
from pydantic import ValidationError

from agents.grading.answer import Answer, strict_schema
from agents.grading.endpoint import (
    VARIANTS,
    BadJson,
    Broken,
    Busy,
    EndpointSettings,
    NoVariant,
    OffList,
    Refused,
    Reply,
    TimedOut,
    TooLong,
    Unavailable,
    Usage,
    Variant,
    WrongSetting,
)

TOOL = "grade"
MOST_TOKENS = 1_000_000_000
"""More than any question can take: who says so counts wrongly."""
MOST_OVER = 10
"""Times the longest answer that is reckoned with: more would be a wrong count that stops all questions."""
_LISTED = frozenset({"literal_error", "enum"})
"""pydantic's names for a value outside a closed list."""
_DECLINED = (
    "data_inspection",
    "datainspection",
    "content_filter",
    "contentfilter",
    "content_policy",
    "sensitivecontent",
    "moderation",
)
"""In the code or message of an error: the provider's own filter took offence at the text. No Chinese words here or
below: some servers repeat the question in the error."""
_OVERLONG = (
    "context length",
    "context_length",
    "context size",
    "context window",
    "too long",
    "maximum length",
    "input length",
)
"""The text is too long; a limit that the server does not know is not: that would be said of every text."""
_UNPAID = ("insufficient_quota", "insufficient balance", "insufficient_balance", "arrearage")
_WRONG = frozenset({401, 403, 404, 405})
_UNTAKEN = frozenset({400, 413, 422})


class ChatEndpoint:
    """A chat model behind an OpenAI-compatible address. Makes no retries of its own: the rung does."""

    def __init__(self, settings: EndpointSettings, answer: type[Answer]) -> None:
        self._settings = settings
        self._answer = answer
        options: dict[str, Any] = {"base_url": settings.base_url} if settings.base_url else {}
        if settings.streaming:
            options |= {"streaming": True, "stream_usage": True}
        chat = init_chat_model(
            settings.model,
            model_provider=settings.provider,
            api_key=settings.api_key.get_secret_value() or "none",
            timeout=settings.timeout_s,
            max_retries=0,
            temperature=0,
            max_tokens=settings.tokens_out,
            **options,
        )
        schema = strict_schema(answer)
        self._schema = json.dumps(schema, ensure_ascii=False, separators=(",", ":"))
        self._ways = {variant: _bound(chat, variant, schema) for variant in VARIANTS}
        self._longest = settings.tokens_out
        self._is_sure = settings.variant != "probe"
        self._variant: Variant = VARIANTS[0] if settings.variant == "probe" else settings.variant

    @property
    def settings(self) -> EndpointSettings:
        return self._settings

    @property
    def variant(self) -> Variant | None:
        """The way of asking that works; None: not known yet."""
        return self._variant if self._is_sure else None

    @property
    def fingerprint(self) -> str:
        told = f"{self._settings.model}|{self._settings.base_url}|{self._schema}"
        return hashlib.sha256(told.encode()).hexdigest()[:16]

    def most(self, instructions: str, message: str) -> Usage:
        """A Chinese character is at most one token to the tokenizers in use; of JSON three characters are one.

        Not every server keeps to the longest answer that it is told: one that has passed it may pass it again.
        """
        return self._settings.price(self._tokens_in(instructions, message), self._longest)

    def _tokens_in(self, instructions: str, message: str) -> int:
        return len(instructions) + len(message) + len(self._schema) // 3

    async def ask(self, instructions: str, message: str) -> Reply:
        """One request. Raises Unavailable with what the rung must do about it."""
        try:
            reply = await self._ask(instructions, message)
        except Unavailable as error:
            self._see(error.usage)
            raise
        self._see(reply.usage)
        return reply

    def _see(self, usage: Usage) -> None:
        most = MOST_OVER * self._settings.tokens_out
        self._longest = max(self._longest, min(usage.tokens_out, most))

    async def _ask(self, instructions: str, message: str) -> Reply:
        variant, was_sure = self._variant, self._is_sure
        if variant == "json_object":
            instructions = f"{instructions}\n# 结构(JSON Schema)\n{self._schema}"
        try:
            answer, usage = self._read(await self._request(variant, instructions, message))
        except Unavailable as error:
            error.variant = variant
            if not was_sure and isinstance(error, BadJson | OffList | NoVariant):
                self._try_next_way(variant, error)
            elif isinstance(error, NoVariant):
                self._doubt()
                raise Broken(str(error)) from None
            raise
        if self._settings.variant == "probe" and variant == self._variant:
            self._is_sure = True
        return Reply(answer, usage, variant)

    def _doubt(self) -> None:
        """What worked is refused: the server is another one now, or this one question does not suit it."""
        if self._settings.variant == "probe":
            self._variant, self._is_sure = VARIANTS[0], False

    def _try_next_way(self, failed: Variant, error: Unavailable) -> None:
        """Go on to the next way of asking. After the last one a refusal is a wrong setting, and rubbish is what it is."""
        place = VARIANTS.index(failed)
        if place + 1 == len(VARIANTS):
            self._variant = VARIANTS[0]
            if isinstance(error, NoVariant):
                raise WrongSetting(
                    f"endpoint {self._settings.name} takes none of {', '.join(VARIANTS)}: it cannot be used for grading"
                ) from None
            return
        if self._variant == failed:
            self._variant = VARIANTS[place + 1]
        error.has_other_way = True

    async def _request(self, variant: Variant, instructions: str, message: str) -> AIMessage:
        messages: list[BaseMessage] = [SystemMessage(instructions), HumanMessage(message)]
        name = self._settings.name
        try:
            # The client's own time-out is for each piece that comes: an answer that drips in would never end.
            async with asyncio.timeout(self._settings.timeout_s):
                return await self._ways[variant].ainvoke(messages)
        except openai.APIStatusError as error:
            raise _of_status(error, name) from None
        except (openai.APITimeoutError, TimeoutError):
            raise TimedOut(f"no answer within {self._settings.timeout_s:g} s") from None
        except openai.LengthFinishReasonError as error:
            raise self._of_cut(error) from None
        except openai.OpenAIError as error:
            raise Broken(type(error).__name__) from None
        except Exception as error:  # the libraries raise what they will where the body is no chat completion
            advice = "; where it cannot stream, set streaming to false" if self._settings.streaming else ""
            raise Broken(f"not a chat completion: {type(error).__name__}{advice}") from None

    def _of_cut(self, error: openai.LengthFinishReasonError) -> TooLong:
        counted, choices = error.completion.usage, error.completion.choices
        said = choices[0].message.content if choices else ""
        said = said if isinstance(said, str) else ""
        usage = self._priced(counted.prompt_tokens, counted.completion_tokens, said) if counted else None
        return TooLong("the answer was cut off", usage, said)

    def _read(self, message: AIMessage) -> tuple[Answer, Usage]:
        said = _said(message)
        usage = self._usage(message, said)
        finish = message.response_metadata.get("finish_reason")
        if message.additional_kwargs.get("refusal") or finish == "content_filter":
            raise Refused("the model declined", usage, said)
        if finish == "length":
            raise TooLong("the answer was cut off", usage, said)
        try:
            answer = self._answer.model_validate_json(_unfenced(said))
        except ValidationError as error:
            raise _of_misfit(error, usage, said) from None
        return Answer.model_validate(answer.model_dump()), usage

    def _usage(self, message: AIMessage, said: str) -> Usage:
        """As the server counts; one that does not count is taken at the length of its answer."""
        told: Mapping[str, Any] = message.usage_metadata or {}
        return self._priced(told.get("input_tokens"), told.get("output_tokens"), said)

    def _priced(self, tokens_in: object, tokens_out: object, said: str) -> Usage:
        return self._settings.price(_count(tokens_in), _count(tokens_out) or len(said))


def _count(told: object) -> int:
    """A server's count of tokens; what cannot be one is none."""
    return told if isinstance(told, int) and 0 <= told < MOST_TOKENS else 0


def _bound(chat: Any, variant: Variant, schema: dict[str, Any]) -> "Runnable[Any, AIMessage]":
    """The chat model held to the schema in one of the three ways."""
    if variant == "json_schema":
        strict = {"name": TOOL, "strict": True, "schema": schema}
        return chat.bind(response_format={"type": "json_schema", "json_schema": strict})  # type: ignore[no-any-return]  # Any in LangChain
    if variant == "tool_call":
        tool = {"name": TOOL, "description": "研判结果", "parameters": schema}
        choice = {"type": "function", "function": {"name": TOOL}}
        return chat.bind(tools=[{"type": "function", "function": tool}], tool_choice=choice)  # type: ignore[no-any-return]  # Any in LangChain
    return chat.bind(response_format={"type": "json_object"})  # type: ignore[no-any-return]  # Any in LangChain


def _said(message: AIMessage) -> str:
    """The answer as text: what the model wrote, or the arguments that it gave to the tool."""
    # Half of a pair of surrogates is no text: nothing could be sent on with it.
    return _raw(message).encode("utf-8", "replace").decode()


def _raw(message: AIMessage) -> str:
    if message.tool_calls:
        return json.dumps(message.tool_calls[0]["args"], ensure_ascii=False)
    if message.invalid_tool_calls:
        return message.invalid_tool_calls[0]["args"] or ""
    return message.content if isinstance(message.content, str) else ""


def _unfenced(content: str) -> str:
    """Some servers wrap JSON in a Markdown fence, or think aloud before it, even when asked not to."""
    text = content.rpartition("</think>")[2].strip()
    if text.startswith("```"):
        text = text.removeprefix("```json").removeprefix("```").removesuffix("```").strip()
    return text


def _of_misfit(error: ValidationError, usage: Usage, said: str) -> Unavailable:
    problems = error.errors(include_input=False, include_url=False, include_context=False)
    places = ", ".join(sorted({str(problem["loc"][0]) if problem["loc"] else "JSON" for problem in problems}))
    if problems and all(problem["type"] in _LISTED for problem in problems):
        return OffList(places, usage, said)
    return BadJson(f"does not fit the schema at {places}", usage, said)


def _of_status(error: openai.APIStatusError, name: str) -> Unavailable:
    """What an HTTP status above 399 means, with the words that come with it."""
    status, told = error.status_code, str(error).lower()
    if status == 402 or any(word in told for word in _UNPAID):
        return WrongSetting(f"endpoint {name} answers {status}: its account has no balance left")
    if status == 429:
        return Busy(_retry_after(error.response.headers))
    if status < 500 and any(word in told for word in _DECLINED):
        return Refused(f"{status} from {name}: its filter declined")
    if status in _WRONG:
        return WrongSetting(
            f"endpoint {name} answers {status}: check its model, base_url and api_key in"
            " WEISU_LADDER__ENDPOINTS"
        )
    if status == 413 or (status in _UNTAKEN and any(word in told for word in _OVERLONG)):
        return TooLong(f"{status} from {name}: the text is too long for it")
    return NoVariant(f"{status} from {name}") if status in _UNTAKEN else Broken(f"{status} from {name}")


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds of a Retry-After header, a date being measured from the answer's own; None when absent or odd."""
    value = headers.get("retry-after", "")
    with suppress(ValueError):
        return seconds if (seconds := float(value)) >= 0 else None
    try:
        until, now = parsedate_to_datetime(value), parsedate_to_datetime(headers.get("date", ""))
        return max(0.0, (until - now).total_seconds())
    except (TypeError, ValueError):
        return None
