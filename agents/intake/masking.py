"""Personal data in a text becomes stable tokens, 〔人1〕 〔电话1〕, before the text is kept or sent."""

import re
from bisect import bisect
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from itertools import chain, pairwise
from typing import Literal, NamedTuple

from agents.intake.names import find_names, is_name
from agents.intake.numerals import half_width
from agents.intake.pseudonym import normalize_phone

Secret = Literal["人", "电话", "证件", "银行卡", "车牌", "邮箱", "账号", "门牌"]


class Masked(NamedTuple):
    text: str
    counts: Mapping[Secret, int]
    """Tokens put into this text, by kind."""


class Tokens:
    """Which token stands for which value. One object for all texts of one event makes the tokens agree."""

    def __init__(self, name: str | None = None, phone: str | None = None, hide_doors: bool = False) -> None:
        """`name` and `phone` of the caller are hidden wherever they occur, in whatever surroundings.

        `hide_doors`: the numbers of flats and houses too.
        """
        self.hide_doors = hide_doors
        self._numbers: dict[tuple[Secret, str], int] = {}
        self._last: dict[Secret, int] = {}
        self.name = name.strip() if name and is_name(name.strip()) else ""
        self._phone = phone or ""

    @property
    def phone(self) -> str:
        """Asked for only where a text holds a long number."""
        return normalize_phone(self._phone)

    def token(self, kind: Secret, value: str) -> str:
        known = self._numbers.get((kind, value))
        if known is None:
            known = self._last[kind] = self._numbers[kind, value] = self._last.get(kind, 0) + 1
        return f"〔{kind}{known}〕"


class Span(NamedTuple):
    """Where in a text something personal stands."""

    start: int
    end: int
    kind: Secret


def mask(text: str, tokens: Tokens | None = None) -> Masked:
    """The text with every name, number and address of a person replaced. Linear in the length of the text.

    Numbers are found in full-width and Chinese digits, with spaces and dashes. What only looks alike stays:
    order numbers, bus lines, hotlines, prices, years. Masking a masked text changes nothing.
    """
    tokens = tokens or Tokens()
    spans = find_spans(text, tokens)
    if not spans:
        return Masked(text, {})
    pieces: list[str] = []
    counts: Counter[Secret] = Counter()
    at = 0
    for span in spans:
        value = text[span.start : span.end]
        pieces += text[at : span.start], tokens.token(span.kind, _same_form(span.kind, value))
        counts[span.kind] += 1
        at = span.end
    pieces.append(text[at:])
    return Masked("".join(pieces), dict(counts))


def find_spans(text: str, tokens: Tokens) -> list[Span]:
    """What mask() replaces, in order of place; no two overlap."""
    # Most texts are written half-width: then this is the text itself.
    plain = half_width(text)
    spans = _settle(_find_secrets(plain, tokens))
    names = [Span(*span, "人") for span in find_names(_blank(plain, spans), tokens.name)]
    return _settle(chain(spans, names)) if names else spans


@lru_cache(maxsize=16_384)
def holds_nothing(text: str, hide_doors: bool = False) -> bool:
    """Whether mask() leaves the text as it is for any caller whose name is not in it.

    Remembered: addresses, reasons and replies are the same few thousand again and again.
    """
    tokens = Tokens(hide_doors=hide_doors)
    return not find_spans(text, tokens) and not _LONG_NUMBER.search(half_width(text))


def _settle(found: Iterable[Span]) -> list[Span]:
    """The spans in order of place; of overlapping ones the first found stays: the surest rules go first."""
    starts: list[int] = []
    kept: list[Span] = []
    for span in found:
        at = bisect(starts, span.start)
        if (at == 0 or kept[at - 1].end <= span.start) and (at == len(kept) or span.end <= starts[at]):
            starts.insert(at, span.start)
            kept.insert(at, span)
    return kept


_DIGITS = "〇零一二三四五六七八九"
_SHADOW = {ord(c): str(max(i - 1, 0)) for i, c in enumerate(_DIGITS)} | {ord("幺"): "1", ord("两"): "2"}
_SHADOW |= {ord(c): str(i) for i, c in enumerate("零壹贰叁肆伍陆柒捌玖")}
_SHADOW |= {ord(c): "-" for c in "—–－~～_/"} | {ord(c): "," for c in "，、"}
_SHADOW |= {0x3000: " ", ord("（"): "(", ord("）"): ")"}
"""One character for one, so that a place in the shadow is the same place in the text."""
_COUNTED = re.compile(
    rf"(?<=[0-9]{{7}})(?<![^0-9]1[3-9][0-9]{{8}})[{_DIGITS}两](?![{_DIGITS}幺两])|[{_DIGITS}两](?=[直下次个天遍回趟楼样般起些边旦共度])"
)
"""Numerals that are words of their own: 13800138000一直没人接."""

_SAID = rf"[\d{_DIGITS}壹贰叁肆伍陆柒捌玖幺两]"
_LONG_NUMBER = re.compile(rf"{_SAID}(?:[ \u3000.·—–－~～_/()（），,、\n-]{{0,2}}{_SAID}){{6}}")
_LATIN = re.compile(rf"[0-9A-Za-z][-_ 0-9A-Za-z{_DIGITS}]{{3}}")
"""So written, the search skips what is no such letter."""
_GAP = r"[ .,\n-]{0,2}"
_ID_CARD = re.compile(
    rf"(?<!\d)[1-9]\d{{5}}{_GAP}(?:19|20)\d\d{_GAP}(?:0[1-9]|1[0-2]){_GAP}(?:0[1-9]|[12]\d|3[01])"
    rf"{_GAP}\d{{3}}{_GAP}[\dXx](?![\dA-Za-z])"
)
_ID_CARD_SPACED = re.compile(r"(?<!\d)[1-9](?:[ -]?\d){16}[ -]?[\dXx](?![\dA-Za-z])")
_ID_CARD_SAID = re.compile(
    rf"(?:身份证|证件)[号码是为:： ]{{0,6}}(\d(?:{_GAP}\d){{13,16}}{_GAP}[\dXx])(?![\dA-Za-z])"
)
_MOBILE = re.compile(
    r"(?=[\d+(])(?<!\d)(?:\+?(?:00)?86[ -]?)?"
    r"(?:1[3-9]\d(?:[ \-.·]?\d){8}|1[ \-.·][3-9](?:[ \-.·]\d){9}|1[3-9]\d,\d{4},\d{4}|1[3-9]\d\d,\d{4},\d{3}"
    r"|\(?1[3-9]\d[ .()-]{1,2}\d{4}[ .()-]{0,2}\d{4}|1-(?!800)[3-9]\d\d-\d{3}-\d{4})(?!\d)"
)
"""With two signs between, only in the groups that are spoken: 3-4-4. With a country's trunk 1, only 1-3-3-4."""
_LETTERED_MOBILE = re.compile(
    r"(?=[1lI])(?<![0-9A-Za-z])(?=[0-9]*[OolI])[1lI][3-9](?=(?:[OolI]*[0-9]){6})[0-9OolI]{9}(?![0-9A-Za-z])"
)
"""l38O0138OOO: letters that look like digits."""
_LANDLINE = re.compile(
    r"(?=[\d+(])(?<!\d)(?<!\d[-.])(?:(?:\+?86[ -]?)?\(?0(?:10|2\d|[3-9]\d\d)|\+?86[ -](?:10|2\d|[3-9]\d\d)(?=[ -]))"
    r"(?:\) ?|[ ,.-]{0,3})[2-8](?:\d{2,3}[ ,.-]?\d{4}|\d(?: \d\d){3})(?!\d)"
)
_LOCAL_LINE = re.compile(
    r"(?:电话|座机|手机|小灵通|联系方式|联系我|致电|回电)[号码是为:： ]{0,4}([2-8]\d{2,3}[ -]?\d{4})(?![\d年])"
)
_CARD = re.compile(r"(?<!\d)(?:62|4\d|5[1-5]|3[457])\d\d(?:[ -]?\d){12,15}(?!\d)")
_CARD_SAID = re.compile(r"(?:银行卡|卡号|账户|存折)[号码是为:： ]{0,5}(\d(?:[ -]?\d){11,20})(?!\d)")
_PAPER = re.compile(
    r"(?:护照|通行证|[社医]保卡?|军官证|驾驶证|驾照)(?:编?号码?|(?=[A-Za-z]))"
    r"[是为:： ]{0,3}([A-Za-z]{0,2}\d{7,12})(?![0-9A-Za-z元人年])"
)
_PLATE = re.compile(
    r"[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼使] ?[A-HJ-NP-Za-hj-np-z](?:[·•. -]?"
    r"(?=[A-Za-z]{0,4}\d)[A-HJ-NP-Za-hj-np-z0-9]{4,5}[A-HJ-NP-Za-hj-np-z0-9挂学警港澳](?![A-Za-z0-9])"
    r"|[·•. -]?[A-HJ-NP-Z零〇一二三四五六七八九幺][零〇一二三四五六七八九幺]{4}(?![零〇一二三四五六七八九幺十百千万栋号楼单期])"
    r"| [A-HJ-NP-Z\d](?: \d){4}(?! ?[\d栋号楼单期年]))"
)
_MAIL = re.compile(
    r"(?<![\w.%+-])[A-Za-z0-9._%+-]{1,64}(?: ?@ ?|[(（\[]at[)）\]])[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,4}",
    re.ASCII,
)
_QQ = re.compile(
    r"(?:[Qq]{2}|扣扣|[Qq](?=号)|企鹅(?=号))(?:号码|账号|群号|号|群)?[是为:： ]{0,3}([1-9](?: ?\d){4,11})(?![\d元块])"
)
_ACCOUNT = re.compile(
    r"(?=[微薇威扣QqVvWw账帐户抖快小支加])(?:(?:微信|薇信|威信|扣扣|[Qq]{2}|[VvWw][Xx]|[Ww]e[Cc]hat|[Ww]eixin)"
    r"(?:账号|帐号|群号|群|号码|号|[Ii][Dd])?[是为:： ]{0,3}"
    r"([A-Za-z][-_A-Za-z0-9]{5,19}|[1-9]\d{4,10})(?![-_A-Za-z0-9]|[元块人个户万次])"
    r"|(?:账号|帐号|户号|(?:抖音|快手|小红书)(?:号|[Ii][Dd])|支付宝)"
    r"[号码是为:： ]{0,3}([A-Za-z0-9][-_.A-Za-z0-9]{4,29})(?![-_A-Za-z0-9])"
    r"|加(?:我|他|她)?(?:[Vv][:： ])?[:： ]?([A-Za-z][-_A-Za-z]{0,14}[-_0-9][-_A-Za-z0-9]{3,18})(?![-_A-Za-z0-9]))",
    re.ASCII,
)
_D = r"[0-9〇零一二三四五六七八九十百]"
_DOOR = re.compile(
    rf"(?<![0-9])(?:[A-Ha-h甲乙丙丁]|{_D}{{1,3}})单元 ?(?:{_D}{{1,3}}[层楼])? ?{_D}{{1,5}}[室号户]?(?!{_D})"
    rf"|(?<=[栋幢座楼层]) ?{_D}{{3,5}}(?:[室号]|房间?(?![产东])|(?=[，。,、；;！!\s）)]|\Z))"
    rf"|(?<=[栋幢座])[0-9]{{3,4}}(?![0-9年月日号户个多来余几人平米元块度层楼门盏台辆家点分升吨万千亿.%-])"
    rf"|(?<![0-9-])[0-9]{{1,3}}[#-][0-9]{{1,2}}-[0-9]{{3,4}}(?![0-9-])"
    rf"|(?<![0-9]){_D}{{3,5}}(?:室(?![内外友温])|房(?![产屋东贷租子价地源改主型费]))"
    rf"|(?<=[街路巷里弄道村胡同屯组]){_D}{{1,6}}号(?:附{_D}{{1,2}}号)?(?![线楼栋门口桥地公店井杆库台车厂窗])"
    rf"(?: ?[0-9]{{3,4}}室?(?![0-9户多元米人个年]))?"
)
"""The flat behind a building, the house in a street: what tells one household from its neighbours."""


def _blank(text: str, spans: list[Span]) -> str:
    """The text with 〔 in place of every character of the spans."""
    if not spans:
        return text
    pieces: list[str] = []
    at = 0
    for span in spans:
        pieces += text[at : span.start], "〔" * (span.end - span.start)
        at = span.end
    return "".join(pieces) + text[at:]


def _find_secrets(plain: str, tokens: Tokens) -> Iterator[Span]:
    # Most texts hold no long number and no Latin word: those rules then cost one search each.
    if "@" in plain or "at" in plain:
        yield from _spans(_MAIL, plain, "邮箱")
    for start, end in _around_numbers(plain):
        shadow = _COUNTED.sub("某", plain[start:end]).translate(_SHADOW)
        for span in _find_numbers(shadow, tokens):
            yield Span(start + span.start, start + span.end, span.kind)
    if _LATIN.search(plain):
        yield from _spans(_LETTERED_MOBILE, plain, "电话")
        yield from _spans(_PLATE, plain, "车牌")
        yield from _spans(_PAPER, plain, "证件")
        yield from _spans(_ACCOUNT, plain, "账号")
    if tokens.hide_doors:
        yield from _spans(_DOOR, plain, "门牌")


_BEFORE, _BEYOND = 16, 40
"""Characters beside seven digits in which their cue and the rest of the number stand, however it is spaced."""


def _around_numbers(plain: str) -> Iterator[tuple[int, int]]:
    """The stretches in which long numbers stand: reading only these is most of the speed."""
    start, end = 0, -1
    for number in _LONG_NUMBER.finditer(plain):
        if number.start() - _BEFORE > end:
            if end >= 0:
                yield start, end
            start = max(0, number.start() - _BEFORE)
        end = number.end() + _BEYOND
    if end >= 0:
        yield start, end


def _find_numbers(shadow: str, tokens: Tokens) -> Iterator[Span]:
    if sum(map(str.isdecimal, shadow)) >= _SHORTEST_CARD:
        yield from _find_cards(shadow)
    yield from _spans(_MOBILE, shadow, "电话")
    yield from _spans(_LANDLINE, shadow, "电话")
    yield from _spans(_LOCAL_LINE, shadow, "电话")
    yield from _spans(_QQ, shadow, "账号")
    if phone := tokens.phone:
        yield from _find_phone(shadow, phone)


_SHORTEST_CARD = 12
"""Digits, of a bank's account: with fewer there is nothing to look for but a phone number."""


def _find_cards(shadow: str) -> Iterator[Span]:
    for pattern in (_ID_CARD, _ID_CARD_SPACED):
        for match in pattern.finditer(shadow):
            if _is_id_card(match.group()):
                yield Span(*match.span(), "证件")
    yield from _spans(_ID_CARD_SAID, shadow, "证件")
    for match in _CARD.finditer(shadow):
        if _passes_luhn(match.group()):
            yield Span(*match.span(), "银行卡")
    yield from _spans(_CARD_SAID, shadow, "银行卡")


def _find_phone(shadow: str, phone: str) -> Iterator[Span]:
    """The caller's own number, at most one space or dash between two digits. To make a pattern costs far more."""
    bare = shadow.replace(" ", "").replace("-", "")
    if phone not in bare:
        return
    places = [at for at, sign in enumerate(shadow) if sign not in " -"]
    at = bare.find(phone)
    while at >= 0:
        said = places[at : at + len(phone)]
        start, end = said[0], said[-1] + 1
        is_close = all(after - before <= 2 for before, after in pairwise(said))
        is_alone = not shadow[max(0, start - 1) : start].isdecimal() and not shadow[end : end + 1].isdecimal()
        is_found = is_close and is_alone
        if is_found:
            yield Span(start, end, "电话")
        at = bare.find(phone, at + (len(phone) if is_found else 1))


def _spans(pattern: re.Pattern[str], shadow: str, kind: Secret) -> Iterator[Span]:
    for match in pattern.finditer(shadow):
        yield Span(*match.span(match.lastindex or 0), kind)


def _same_form(kind: Secret, value: str) -> str:
    """One form for one value however it is written, so that it gets one token."""
    if kind == "人":
        return value
    plain = half_width(value).translate(_SHADOW)
    if kind == "电话":
        return normalize_phone(plain) or plain
    return re.sub(r"[ \-.,·•\n]", "", plain).upper()


_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def _is_id_card(said: str) -> bool:
    """Source: GB 11643-1999, ISO 7064 MOD 11-2."""
    digits = re.sub(r"[ .,\n-]", "", said).upper()
    total = sum(int(d) * w for d, w in zip(digits[:17], _ID_WEIGHTS, strict=True))
    return "10X98765432"[total % 11] == digits[17]


def _passes_luhn(said: str) -> bool:
    """Source: ISO/IEC 7812-1, annex B."""
    digits = [int(d) for d in said if d.isdigit()]
    doubled = (sum(divmod(2 * d, 10)) for d in digits[-2::-2])
    return (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0
