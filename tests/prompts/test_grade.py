"""What the prompt `grade` asks: the model's own terms, examples of its own, and few tokens a ticket."""

import re
from typing import get_args

import prompts
from agents.city import words
from agents.grading.excerpt import fenced
from agents.grading.grade import URGENCIES
from agents.intake.ticket import Kind
from weisu import wiring
from weisu.city_folder import load_city
from weisu.evaluation.golden import SPLITS, load_golden

PROMPT = prompts.load("grade").text
EXAMPLES = PROMPT.partition("# 示例")[2]
GOLDEN = [ticket for split in SPLITS for ticket in load_golden(split)]
MOST_TOKENS = 700
LONGEST = 1_400
"""Characters of the instructions: two are about one token."""


def test_every_kind_and_urgency_is_explained() -> None:
    for name in (*get_args(Kind), *URGENCIES):
        assert name in PROMPT


def test_examples_answer_in_the_schemas_terms() -> None:
    answers = re.findall(r"→ ([a-z_, ]+)", EXAMPLES)
    assert len(answers) >= 16
    hazards = set(words(load_city(wiring.EXAMPLE_CITY), "hazards")["hazards"])
    known = {*get_args(Kind), *URGENCIES, *hazards}
    assert {term for answer in answers for term in answer.split(", ")} <= known


def test_no_example_is_in_the_golden_set() -> None:
    said = re.findall("“(.+?)”→", EXAMPLES)
    assert len(said) >= 16
    assert [text for text in said if any(text in ticket.text for ticket in GOLDEN)] == []


def test_instructions_are_short() -> None:
    assert len(PROMPT) <= LONGEST


def test_every_field_of_words_is_explained() -> None:
    for name in ("summary", "matter", "quotes", "place_said", "recurrence_cues", "key_phrases", "confidence"):
        assert name in PROMPT


def test_what_no_cache_can_hold_is_few_tokens() -> None:
    # The instructions come first and are the same for every ticket: a prefix that endpoints cache. What is left is
    # the ticket. A Chinese character is at most one token with the tokenizers of current Chinese models.
    assert "{" not in PROMPT
    assert max(len(fenced(ticket.text)) for ticket in GOLDEN) <= MOST_TOKENS
