"""What holds a model's answer to the text: verbatim quotes, the ticket's own matter, no links and no markup."""

import re
import unicodedata
from collections.abc import Iterable

from agents.grading.answer import Answer
from agents.grading.excerpt import visible
from agents.intake.masking import mask

_LINK = re.compile(
    r"(?:https?|ftp)://\S+|www\.[\w.-]+\S*|\b[\w-]+\.(?:com|cn|net|org|top|xyz|cc)\b\S*",
    re.IGNORECASE | re.ASCII,
)
_MARKUP = re.compile(r"<[^<>]{0,200}>|!?\[([^\[\]]{0,100})\]\([^()]{0,200}\)|[`*_#<>]{1,}")
_MAY_HOLD = re.compile(r"[<>`*_#\[]|://|[wW]{3}|\.[A-Za-z\u0130\u0131\u017f\u212a]")
"""Both cases written out, with the four that `re` takes for the same: so the search skips what begins none of it."""
_CHINESE = re.compile(r"[\u4e00-\u9fff]")
_FOREIGN = re.compile(r"[^\W\d_\u4e00-\u9fff]{2,}")
_SIGN = re.compile(r"[\W_]+")
LEAST_QUOTE = 4
"""Characters of a quote that proves something: shorter ones stand in any text."""
DANGEROUS = frozenset({"critical", "urgent"})


def keep_verbatim(quotes: Iterable[str], text: str) -> tuple[tuple[str, ...], int]:
    """The quotes that stand in `text` word for word, each once, in the order given; and how many do not.

    White space around a quote does not count; an empty quote is dropped and counted, a repeated one is not.
    So is one with a link or markup in it: it is the citizen's, but nothing that a page should be led by.
    """
    kept: dict[str, None] = {}
    dropped = 0
    for quote in quotes:
        bare = quote.strip()
        if bare and bare in text and plain(bare) == bare:
            kept[bare] = None
        else:
            dropped += 1
    return tuple(kept), dropped


def plain(text: str) -> str:
    """Free words without links and markup."""
    if not _MAY_HOLD.search(text):
        return text
    bare = _LINK.sub("", _MARKUP.sub(lambda found: found.group(1) or "", text))
    return re.sub(r"[ \t]{2,}", " ", bare).strip()


def said(text: str, longest: int) -> str:
    """A model's own words as they may be shown: plain, masked once more, and short."""
    return mask(plain(visible(text))).text.strip()[:longest]


def stray(answer: Answer, text: str) -> str:
    """Why the answer is not about this text; empty: it is.

    An answer with another ticket's data names a place and quotes what does not stand here. Half of the quotes must
    stand here, one of them of some length, and every place; other spans may be put together of the text's words.
    A danger needs a quote. The summary must have words of the text: a word where a quote is true, else a third.
    """
    if any(is_foreign(plain(words), text) for words in (answer.summary, answer.matter)):
        return "summary or matter is not in Chinese"
    told = _bare(text)
    quotes, places, spans = (
        [bare for one in given if (bare := _bare(one))]
        for given in (answer.quotes, answer.place_said, (*answer.key_phrases, *answer.recurrence_cues))
    )
    true = [quote for quote in quotes if quote in told]
    is_proven = any(len(quote) >= min(LEAST_QUOTE, len(told)) for quote in true)
    if quotes and (not is_proven or 2 * len(true) < len(quotes)):
        return "no quote stands in the text"
    if any(place not in told for place in places):
        return "a place does not stand in the text"
    if any(_shared(span, told) < 0.5 for span in spans):
        return "a phrase is not of the text's words"
    if not is_proven and (answer.hazards or answer.urgency in DANGEROUS):
        return "a danger without a quote"
    shared = _shared(_bare(plain(answer.summary)), told)
    return "" if shared >= 1 / 3 or (is_proven and shared > 0) else "the summary has no words of the text"


def is_foreign(said: str, text: str) -> bool:
    """Whether words about a Chinese text are in another script, but for some. What the text writes so too does not count."""
    told = text.lower()
    foreign = sum(len(run) for run in _FOREIGN.findall(said) if run.lower() not in told)
    return foreign > 2 * len(_CHINESE.findall(said)) and _CHINESE.search(text) is not None


def _bare(text: str) -> str:
    """Without signs, spaces and differences of width and case."""
    return _SIGN.sub("", unicodedata.normalize("NFKC", text)).lower()


def _shared(said: str, told: str) -> float:
    """Which part of the pairs of neighbouring characters stands in the text; both bare."""
    pairs = [said[place : place + 2] for place in range(max(1, len(said) - 1))]
    return sum(pair in told for pair in pairs) / len(pairs)
