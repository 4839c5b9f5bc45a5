"""A grade without a model: by the city's word lists, repeatable and explained."""

import hashlib
import json
from collections.abc import Sequence
from typing import Literal

from agents.city import City, words
from agents.grading.claims import clauses_of, review_claim
from agents.grading.diversion import diversion_rules, divert
from agents.grading.duties import propose_unit, warn_again
from agents.grading.evidence import plain
from agents.grading.grade import Grade, Recurrence, Urgency
from agents.grading.kinds import find_kind, find_praised, find_recurrence, kind_rules
from agents.grading.matters import UNSAID, Found, find_matter, matter_rules
from agents.grading.summary import say_places, summarize
from agents.grading.transcript import draft_title
from agents.intake.hazards import UNCLEAR, find_hazards, hazard_rules, title_of
from agents.intake.orders import without_orders
from agents.intake.ticket import Hazard, Kind, Ticket
from agents.intake.transcript import heard

CODE = "rules-10"
"""Raise the number when the code below or in the files it calls decides differently."""
_LISTS = (
    "hazards",
    "scenes",
    "cues",
    "alarm",
    "kinds",
    "matters",
    "recurrence",
    "categories",
    "diversion",
    "claims",
)
_UNSAID_CONFIDENCE = 0.1
_URGENCY_NAMES: dict[Urgency, str] = {"critical": "特急", "urgent": "紧急", "normal": "一般", "low": "平缓"}
_CALM_KINDS: dict[Kind, str] = {"praise": "表扬件", "suggestion": "建议", "consult": "咨询"}


class RulesGrader:
    """Grades by rules. Everything is compiled when it is made, so that a wrong word list stops the start.

    Raises ValueError naming the table of the word list that is wrong.
    """

    def __init__(self, city: City) -> None:
        self.city = city
        hazard_rules(city)
        matter_rules(city)
        kind_rules(city)
        diversion_rules(city)
        clauses_of(city)
        self.version = _version(city)

    def grade(self, ticket: Ticket) -> Grade:
        """Never raises for what a ticket holds; the same ticket gets the same grade."""
        city = self.city
        hazards = ticket.hazards or find_hazards(ticket.text, city)
        ticket = _as_read(ticket)
        kind, certain = find_kind(ticket, city, _help_points(hazards))
        found = find_matter(ticket, hazards, city)
        recurrence = find_recurrence(ticket, city)
        urgency, reason = self._urgency(kind, hazards, found, recurrence)
        places = say_places(ticket)
        matter = plain(found.name)
        quotes = tuple(dict.fromkeys(hazard.quote for hazard in hazards)) or found.phrases[:2]
        return Grade.trusted(
            summary=plain(summarize(ticket, found.first, hazards, places)),
            kind=kind,
            category=found.category,
            urgency=urgency,
            urgency_reason=plain(reason),
            recurrence=recurrence,
            hazards=tuple(hazard.name for hazard in hazards),
            matter=matter,
            place_said=places,
            key_phrases=found.phrases,
            quotes=quotes,
            praise_target=plain(find_praised(ticket) or "") or None if kind == "praise" else None,
            title=draft_title(ticket, matter, places),
            diversion=divert(ticket, kind, hazards, city),
            claim_review=review_claim(ticket, kind, city),
            duty=propose_unit(ticket, found.name, found.category, city),
            confidence=_confidence(ticket, found, certain, hazards),
            source="rules",
            rules=self.version,
        )

    def hand_over(self, grade: Grade, ticket: Ticket) -> Grade:
        """The grade that grade() gave, after nothing but the ticket's unit has changed."""
        duty = warn_again(grade.duty, ticket.unit, self.city) if grade.duty is not None else None
        return grade if duty is grade.duty else grade.model_copy(update={"duty": duty})

    def assign(self, grade: Grade, ticket: Ticket) -> Grade:
        """The unit and the line anew, for a grade whose kind, category, matter or dangers a model has changed. What it
        added to the dangers is weighed as its first quote."""
        city = self.city
        dangers = list(ticket.hazards or find_hazards(ticket.text, city))
        known = {danger.name for danger in dangers}
        for name in grade.hazards if grade.quotes else ():
            if name not in known:
                level: Literal["critical", "urgent"] = "critical" if grade.urgency == "critical" else "urgent"
                dangers.append(Hazard(name=name, level=level, quote=grade.quotes[0]))
        read = _as_read(ticket)
        return grade.model_copy(
            update={
                "duty": propose_unit(read, grade.matter, grade.category, city),
                "diversion": divert(read, grade.kind, dangers, city),
            }
        )

    def _urgency(
        self, kind: Kind, hazards: Sequence[Hazard], found: Found, recurrence: Recurrence
    ) -> tuple[Urgency, str]:
        """The danger decides; without one the kind and the matter do. Only a danger makes it urgent."""
        if hazards:
            hazard = hazards[0]
            name, title = _URGENCY_NAMES[hazard.level], title_of(hazard.name, self.city)
            if hazard.name == UNCLEAR:
                return (
                    hazard.level,
                    f"{name}：{title}，词库未载，由学得的用语权重判断，最像险情的话：“{hazard.quote}”",
                )
            return hazard.level, f"{name}：文中有风险点「{title}」：“{hazard.quote}”"
        if kind in _CALM_KINDS:
            return "low", f"平缓：{_CALM_KINDS[kind]}，未见风险点"
        if found.name == UNSAID:
            return "normal", "一般：没有说明事项，请回拨来电人"
        if found.matter is None:
            return "normal", "一般：未见风险点，事项不在词库"
        urgency: Urgency = "low" if found.matter.urgency == "low" else "normal"
        said = f"，来电人称“{recurrence.cues[0]}”" if recurrence.cues else ""
        return urgency, f"{_URGENCY_NAMES[urgency]}：事项「{found.name}」，未见风险点{said}"


def _as_read(ticket: Ticket) -> Ticket:
    """The ticket with only the citizen's words to the hotline: neither a call-taker nor an order to a machine is
    a sign of a kind, a matter or a danger. Positions stay; the very same ticket where there is nothing of these."""
    text = ticket.text
    read = without_orders(heard(text))  # intake has asked for both: they are remembered
    if read == text:
        return ticket
    ends = len(ticket.title), len(text) - len(ticket.content)
    return ticket.model_copy(update={"title": read[: ends[0]], "content": read[ends[1] :]})


def _help_points(hazards: Sequence[Hazard]) -> int:
    """A told danger is a call for help; one that is only heard in the words, where nothing else is said."""
    if any(hazard.name != UNCLEAR for hazard in hazards):
        return 3
    return 1 if hazards else 0


def _confidence(ticket: Ticket, found: Found, certain: bool, hazards: Sequence[Hazard]) -> float:
    """A share of what could be known: how much of the grade rests on words that were found."""
    if found.name == UNSAID:
        return _UNSAID_CONFIDENCE
    known = 0.3 + (0.15 if certain else 0.0) + (0.15 if ticket.category else 0.0) + (0.1 if hazards else 0.0)
    return round(min(0.9, known + min(found.weight, 12.0) / 40), 2)


def _version(city: City) -> str:
    """Changes with the code and with every word list."""
    lists = json.dumps({name: words(city, name) for name in _LISTS}, ensure_ascii=False)
    return f"{CODE}+{hashlib.sha256(lists.encode()).hexdigest()[:10]}"
