"""The only file that knows LangChain and OpenAI: a chat model behind an OpenAI-compatible address."""

import json
from collections.abc import Mapping
from typing import Any

import openai
from langchain.chat_models import init_chat_model
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage
from pydantic import ValidationError

from agents.grading.answer import Answer, strict_schema
from agents.grading.endpoint import (
    Broken,
    Busy,
    EndpointSettings,
    OffSchema,
    Refused,
    Reply,
    TimedOut,
    TooLong,
    WrongSetting,
)


class ChatEndpoint:
    """A chat model behind an OpenAI-compatible address. Makes no retries of its own: the ladder does."""

    def __init__(self, settings: EndpointSettings, answer: type[Answer]) -> None:
        self._settings = settings
        self._answer = answer
        options: dict[str, Any] = {"base_url": settings.base_url} if settings.base_url else {}
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
        schema = {"name": "grade", "strict": True, "schema": strict_schema(answer)}
        self._chat = chat.bind(response_format={"type": "json_schema", "json_schema": schema})

    @property
    def name(self) -> str:
        return self._settings.name

    async def ask(self, instructions: str, text: str) -> Reply:
        """One request. Raises Unavailable with what the ladder must do about it."""
        messages: list[BaseMessage] = [SystemMessage(instructions), HumanMessage(text)]
        try:
            message = await self._chat.ainvoke(messages)
        except openai.RateLimitError as error:
            raise Busy(_retry_after(error.response.headers)) from None
        except openai.APITimeoutError:
            raise TimedOut(f"no answer within {self._settings.timeout_s} s") from None
        except (openai.AuthenticationError, openai.PermissionDeniedError, openai.NotFoundError) as error:
            raise WrongSetting(
                f"endpoint {self.name} answers {error.status_code}: check WEISU_LADDER__… model, base_url, api_key"
            ) from None
        except openai.BadRequestError as error:
            raise (TooLong if "context" in str(error).lower() else OffSchema)(
                f"400 from {self.name}"
            ) from None
        except openai.LengthFinishReasonError:
            raise TooLong("the answer was cut off") from None
        except openai.OpenAIError as error:
            raise Broken(type(error).__name__) from None
        except (TypeError, ValueError, LookupError) as error:  # an answer that is no chat completion at all
            raise Broken(f"not a chat completion: {type(error).__name__}") from None
        return self._read(message)

    def _read(self, message: AIMessage) -> Reply:
        finish = message.response_metadata.get("finish_reason")
        if message.additional_kwargs.get("refusal") or finish == "content_filter":
            raise Refused("the model declined")
        if finish == "length":
            raise TooLong("the answer was cut off")
        content = message.content if isinstance(message.content, str) else ""
        try:
            answer = self._answer.model_validate_json(_unfenced(content))
        except ValidationError as error:
            places = sorted({".".join(map(str, problem["loc"])) or "JSON" for problem in error.errors()})
            raise OffSchema(f"does not fit the schema at {', '.join(places)}") from None
        usage: Mapping[str, Any] = message.usage_metadata or {}
        tokens_in, tokens_out = int(usage.get("input_tokens", 0)), int(usage.get("output_tokens", 0))
        prices = self._settings.cny_per_million_in, self._settings.cny_per_million_out
        cost = (tokens_in * prices[0] + tokens_out * prices[1]) / 1e6
        plain = Answer.model_validate(json.loads(answer.model_dump_json()))
        return Reply(plain, tokens_in, tokens_out, cost)


def _unfenced(content: str) -> str:
    """Some servers wrap JSON in a Markdown fence even when asked not to."""
    text = content.strip()
    if text.startswith("```"):
        text = text.removeprefix("```json").removeprefix("```").removesuffix("```").strip()
    return text


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds of a Retry-After header; None when absent or a date."""
    value = headers.get("retry-after", "")
    return float(value) if value.replace(".", "", 1).isdigit() else None
