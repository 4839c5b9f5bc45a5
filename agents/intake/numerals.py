"""Chinese numerals and full-width digits in place names become half-width Arabic ones."""

import re
import unicodedata
from functools import lru_cache

_VALUES = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_UNITS = {"十": 10, "百": 100, "千": 1000}
_COUNTED = "号栋幢座楼层室单弄区期组队巷门"
_NUMERAL = re.compile(rf"[零〇一二三四五六七八九十百千两][零〇一二三四五六七八九十百千两]*(?=[{_COUNTED}])")
_WIDE = re.compile(r"[０-９Ａ-Ｚａ-ｚ＠]")
_HALF = {0xFF01 + i: chr(0x21 + i) for i in range(94)}


def half_width(text: str) -> str:
    """The text with half-width letters, digits and signs; one character for one, so that places in it stay.

    A text whose only wide characters are punctuation comes back as it is.
    """
    return text.translate(_HALF) if _WIDE.search(text) else text


@lru_cache(maxsize=16_384)
def normalize_place_text(text: str) -> str:
    """NFKC, and Arabic digits in counted parts: 三栋十二号 → 3栋12号. Names keep theirs: 五一路."""
    plain = unicodedata.normalize("NFKC", text)
    return _NUMERAL.sub(lambda match: arabic(match.group()), plain)


def arabic(numeral: str) -> str:
    """二百零三 → 203, 二〇三 → 203, 十 → 10."""
    if not any(c in _UNITS for c in numeral):
        return "".join(str(_VALUES[c]) for c in numeral)
    total, digit = 0, None
    for c in numeral:
        if c in _UNITS:
            total += (1 if digit is None else digit) * _UNITS[c]
            digit = None
        else:
            digit = _VALUES[c]
    return str(total + (digit or 0))
