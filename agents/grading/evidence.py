"""Every quote a verbatim span of the masked text, or dropped and counted."""

from collections.abc import Iterable


def keep_verbatim(quotes: Iterable[str], text: str) -> tuple[tuple[str, ...], int]:
    """The quotes that stand in `text` word for word, each once, in the order given; and how many do not.

    White space around a quote does not count; an empty quote is dropped and counted, a repeated one is not.
    """
    kept: dict[str, None] = {}
    dropped = 0
    for quote in quotes:
        bare = quote.strip()
        if bare and bare in text:
            kept[bare] = None
        else:
            dropped += 1
    return tuple(kept), dropped
