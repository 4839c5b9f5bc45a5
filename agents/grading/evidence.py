"""What holds a model's answer to the text: verbatim quotes, the ticket's own matter, no links and no markup."""

import re
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
_LATIN = re.compile(r"[A-Za-z]{2,}")


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

    An answer with another ticket's data quotes what does not stand here; one in English summarizes a Chinese
    text without Chinese. One true quote is enough: models paraphrase. Without one, half of the other words that
    it says it found must be there.
    """
    if _CHINESE.search(text) and not _CHINESE.search(answer.summary) and _LATIN.search(answer.summary):
        return "the summary is not in Chinese"
    quotes = [quote.strip() for quote in answer.quotes if quote.strip()]
    spans = [span.strip() for span in (*answer.place_said, *answer.key_phrases) if span.strip()]
    if any(quote in text for quote in quotes) or not (quotes or spans):
        return ""
    true = sum(span in text for span in spans)
    return "no quote stands in the text" if not true or true * 2 < len(spans) else ""
