"""What a model must return: a schema whose closed lists are the city's own."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, create_model

from agents.city import City, words
from agents.grading.grade import Urgency
from agents.intake.ticket import Kind


class Answer(BaseModel):
    """A model's answer before it is checked against the text and the rules."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    summary: Annotated[str, Field(min_length=1, max_length=200)]
    kind: Kind
    category: str
    urgency: Urgency
    urgency_reason: Annotated[str, Field(max_length=200)]
    matter: Annotated[str, Field(min_length=1, max_length=40)]
    hazards: list[str]
    place_said: list[str]
    recurrence_cues: list[str]
    key_phrases: list[str]
    quotes: list[str]
    praise_target: str | None
    confidence: Annotated[float, Field(ge=0, le=1)]


def categories_of(city: City) -> tuple[str, ...]:
    """The closed list of category keys, "other" last."""
    own = tuple(category.key for category in city.categories)
    return (*(own or tuple(words(city, "categories").get("categories", {}))), "other")


def answer_model(city: City) -> type[Answer]:
    """Answer with `category` and `hazards` closed to what this city knows."""
    category = _closed(categories_of(city))
    hazard = _closed(tuple(words(city, "hazards")["hazards"]))
    return create_model(
        "GradeAnswer", __base__=Answer, category=(category, ...), hazards=(_list_of(hazard), ...)
    )


def _closed(values: tuple[str, ...]) -> Any:
    """A Literal of values that are known at run time only."""
    return Literal[values]


def _list_of(item: Any) -> Any:
    return list[item]


def strict_schema(model: type[BaseModel]) -> dict[str, Any]:
    """The JSON Schema of a model in the subset that strict structured output accepts.

    Source: OpenAI structured outputs: every property required, additionalProperties false, no defaults, no bounds.
    """
    schema = model.model_json_schema()
    _tighten(schema)
    return schema


_UNSUPPORTED = ("default", "title", "minLength", "maxLength", "minimum", "maximum", "minItems", "maxItems")


def _tighten(node: Any) -> None:
    if isinstance(node, list):
        for item in node:
            _tighten(item)
    elif isinstance(node, dict):
        if isinstance(node.get("properties"), dict):
            node["required"] = list(node["properties"])
            node["additionalProperties"] = False
        for key, value in list(node.items()):
            if key in _UNSUPPORTED and not isinstance(value, dict):
                del node[key]
            else:
                _tighten(value)
