"""The leak set of masking: frames written by hand, filled with invented personal data and with look-alikes.

The same seed gives the same texts. Every number is drawn; those of identity and bank cards only pass their checksums.
"""

import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

FRAMES = Path(__file__).with_name("leaks.toml")
SEED, FILLS = 2026, 6
"""The published set. Masking was mended on the seeds 1 to 4 and 101."""
_SLOT = re.compile(r"\{(.+?)\}")
_WIDE = {ord(c): chr(ord(c) + 0xFEE0) for c in "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ@"}
_SPOKEN = "零一二三四五六七八九"


@dataclass(frozen=True)
class Label:
    """One labelled stretch of a text."""

    start: int
    end: int
    kind: str
    """Slot of the frame: 手机, 证件 … or 订单, 公交 …"""
    form: str
    """How it is written: plain, spaced, wide, spoken …; "" for a look-alike."""


@dataclass(frozen=True)
class LeakText:
    """A text with what must go and what must stay."""

    text: str
    secrets: tuple[Label, ...]
    look_alikes: tuple[Label, ...]


@cache
def frames() -> Mapping[str, Any]:
    """leaks.toml."""
    return tomllib.loads(FRAMES.read_text(encoding="utf-8"))


def make_leak_set(seed: int = SEED, fills: int = FILLS) -> tuple[LeakText, ...]:
    """Every frame, filled `fills` times."""
    rng = Random(seed)
    every = (*frames()["frames"], *frames()["calm_frames"])
    return tuple(_fill(frame, rng) for _ in range(fills) for frame in every)


def _fill(frame: str, rng: Random) -> LeakText:
    text, at = "", 0
    secrets: list[Label] = []
    look_alikes: list[Label] = []
    for slot in _SLOT.finditer(frame):
        text += frame[at : slot.start()]
        at = slot.end()
        kind = slot.group(1)
        make = SECRETS.get(kind)
        value, form = make(rng) if make else (_look_alike(kind, rng), "")
        (secrets if make else look_alikes).append(Label(len(text), len(text) + len(value), kind, form))
        text += value
    return LeakText(text + frame[at:], tuple(secrets), tuple(look_alikes))


def _look_alike(kind: str, rng: Random) -> str:
    pattern: str = rng.choice(frames()["look_alikes"][kind])
    return re.sub("#", lambda _: str(rng.randrange(10)), pattern)


def _value(key: str, rng: Random) -> str:
    values: Sequence[str] = frames()["values"][key]
    return rng.choice(values)


def _digits(rng: Random, count: int) -> str:
    return "".join(str(rng.randrange(10)) for _ in range(count))


def wide(value: str) -> str:
    """Full-width letters and digits."""
    return value.upper().translate(_WIDE)


def spoken(value: str, zero: str = "零", one: str = "一") -> str:
    """Chinese numerals, digit by digit."""
    return (
        "".join(_SPOKEN[int(c)] if c.isdigit() else c for c in value).replace("零", zero).replace("一", one)
    )


def grouped(value: str, sizes: Sequence[int], mark: str = " ") -> str:
    """In groups of these sizes; the rest is the last group."""
    pieces, at = [], 0
    for size in sizes:
        pieces.append(value[at : at + size])
        at += size
    return mark.join([*pieces, value[at:]] if at < len(value) else pieces)


Form = Callable[[str], str]


def _written(value: str, forms: Mapping[str, Form], rng: Random) -> tuple[str, str]:
    """Half of the time plainly, else in one of the forms."""
    if rng.random() < 0.4:
        return value, "plain"
    name = rng.choice(list(forms))
    return forms[name](value), name


def _name(rng: Random) -> tuple[str, str]:
    surname = _value("surnames", rng)
    return surname + _value("given", rng), "compound surname" if len(surname) > 1 else "plain"


def _surname(rng: Random) -> tuple[str, str]:
    return _value("surnames", rng), "before a form of address"


_MOBILE: Mapping[str, Form] = {
    "3-4-4 spaced": lambda n: grouped(n, (3, 4)),
    "3-4-4 dashed": lambda n: grouped(n, (3, 4), "-"),
    "4-4-3 spaced": lambda n: grouped(n, (4, 4)),
    "every digit spaced": lambda n: " ".join(n),
    "wide": wide,
    "wide, spaced": lambda n: grouped(wide(n), (3, 4), "\u3000"),
    "spoken": lambda n: spoken(n, one="幺"),
    "spoken, 〇": lambda n: spoken(n, zero="〇"),
    "spoken, spaced": lambda n: grouped(spoken(n), (3, 4)),
    "spoken, commas": lambda n: grouped(spoken(n, one="幺"), (3, 4), "，"),
    "half spoken": lambda n: n[:3] + spoken(n[3:]),
    "dotted": lambda n: grouped(n, (3, 4), "."),
    "+86": lambda n: "+86" + n,
    "+86 spaced": lambda n: "+86 " + grouped(n, (3, 4)),
    "0086": lambda n: "0086" + n,
    "two spaces": lambda n: grouped(n, (3, 4), "  "),
    "wide dash": lambda n: grouped(n, (3, 4), "－"),
    "slashes": lambda n: grouped(n, (3, 4), "/"),
    "area brackets": lambda n: f"({n[:3]}){n[3:]}",
    "middle brackets": lambda n: f"{n[:3]}（{n[3:7]}）{n[7:]}",
    "1-3-3-4 dashed": lambda n: grouped(n, (1, 3, 3), "-"),
    "last spoken": lambda n: n[:-1] + spoken(n[-1]),
    "capital numerals": lambda n: "".join("零壹贰叁肆伍陆柒捌玖"[int(d)] for d in n),
    "letters for digits": lambda n: "l" + n[1:].replace("0", "O"),
}
_LANDLINE: Mapping[str, Form] = {
    "dashed, spaced": lambda n: f"{n[:4]}-{n[4:8]} {n[8:]}",
    "brackets": lambda n: f"({n[:4]}){n[4:]}",
    "wide brackets": lambda n: f"（{n[:4]}）{n[4:]}",
    "dashed": lambda n: f"{n[:4]}-{n[4:]}",
    "spaced": lambda n: f"{n[:4]} {n[4:]}",
    "wide": lambda n: f"{wide(n[:4])}－{wide(n[4:])}",
    "spoken": spoken,
    "spoken, commas": lambda n: grouped(spoken(n), (4, 4), "，"),
    "spaced dash": lambda n: f"{n[:4]} - {n[4:]}",
    "wide dash": lambda n: f"{n[:4]}－{n[4:]}",
    "dotted": lambda n: grouped(n, (4, 4), "."),
    "pairs": lambda n: grouped(n, (4, 2, 2, 2)),
    "+86": lambda n: f"+86 {n[1:4]} {n[4:8]} {n[8:]}",
    "86 dashed": lambda n: f"86-{n[1:4]}-{n[4:]}",
}
_LOCAL: Mapping[str, Form] = {
    "spaced": lambda n: grouped(n, (4,)),
    "dashed": lambda n: grouped(n, (4,), "-"),
    "wide": wide,
    "spoken": spoken,
}
_ID: Mapping[str, Form] = {
    "6-8-4 spaced": lambda n: grouped(n, (6, 8)),
    "fours": lambda n: grouped(n, (4, 4, 4, 4)),
    "every digit spaced": lambda n: " ".join(n),
    "wide": wide,
    "spoken": spoken,
    "small x": str.lower,
    "dashed": lambda n: grouped(n, (6, 8), "-"),
    "two spaces": lambda n: grouped(n, (6, 8), "  "),
    "line end": lambda n: grouped(n, (6,), "\n"),
    "dotted": lambda n: grouped(n, (6, 8), "."),
    "commas": lambda n: grouped(n, (6, 8), "，"),
}
_CARD: Mapping[str, Form] = {
    "fours spaced": lambda n: grouped(n, (4, 4, 4, 4)),
    "fours dashed": lambda n: grouped(n, (4, 4, 4, 4), "-"),
    "wide": wide,
    "spoken": spoken,
}
_PLATE: Mapping[str, Form] = {
    "dot": lambda p: p[:2] + "·" + p[2:],
    "space": lambda p: p[:2] + " " + p[2:],
    "small letters": str.lower,
    "wide": wide,
    "dash": lambda p: p[:2] + "-" + p[2:],
    "space before the letter": lambda p: p[0] + " " + p[1:],
    "spoken": lambda p: p[:2] + spoken(p[2:]),
    "every digit spaced": lambda p: p[:2] + " " + " ".join(p[2:]),
}
_MAIL: Mapping[str, Form] = {
    "wide @": lambda m: m.replace("@", "＠"),
    "(at)": lambda m: m.replace("@", "(at)"),
    "spaced @": lambda m: m.replace("@", " @ "),
}
_QQ: Mapping[str, Form] = {"wide": wide, "spoken": spoken, "spaced": lambda n: grouped(n, (3, 3))}


def _mobile(rng: Random) -> tuple[str, str]:
    return _written("1" + rng.choice("3456789") + _digits(rng, 9), _MOBILE, rng)


def _landline(rng: Random) -> tuple[str, str]:
    area = rng.choice(("0731", "0512", "0755", "0371", "0898"))
    return _written(area + rng.choice("2345678") + _digits(rng, 7), _LANDLINE, rng)


def _local(rng: Random) -> tuple[str, str]:
    return _written(rng.choice("2345678") + _digits(rng, 7), _LOCAL, rng)


def _id_card(rng: Random) -> tuple[str, str]:
    born = f"{rng.randrange(1940, 2020)}{rng.randrange(1, 13):02d}{rng.randrange(1, 29):02d}"
    body = _value("areas", rng) + born + _digits(rng, 3)
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    check = "10X98765432"[sum(int(d) * w for d, w in zip(body, weights, strict=True)) % 11]
    return _written(body + check, _ID, rng)


def _bank_card(rng: Random) -> tuple[str, str]:
    bank = _value("banks", rng)
    body = bank + _digits(rng, (18 if bank.startswith("62") else 15) - len(bank))
    doubled = sum(sum(divmod(2 * int(d), 10)) for d in body[::-2])
    check = -(doubled + sum(int(d) for d in body[-2::-2])) % 10
    return _written(f"{body}{check}", _CARD, rng)


def _plate(rng: Random) -> tuple[str, str]:
    letters = "ABCDEFGHJKLMNPQRSTUVWXYZ"
    head = _value("provinces", rng)
    if rng.random() < 0.3:
        return head + rng.choice("DF") + _digits(rng, 5), "new energy"
    return _written(head + rng.choice(letters) + _digits(rng, 4), _PLATE, rng)


def _mail(rng: Random) -> tuple[str, str]:
    return _written(f"{_value('mail', rng)}@{_value('domains', rng)}", _MAIL, rng)


def _account(rng: Random) -> tuple[str, str]:
    return _value("accounts", rng), "plain"


def _qq(rng: Random) -> tuple[str, str]:
    return _written(str(rng.randrange(1, 10)) + _digits(rng, rng.randrange(6, 10)), _QQ, rng)


def _door(rng: Random) -> tuple[str, str]:
    form = rng.choice(list(_DOORS))
    return _DOORS[form](rng), form


_DOORS: Mapping[str, Callable[[Random], str]] = {
    "unit and room": lambda rng: (
        f"{rng.randrange(1, 5)}单元{rng.randrange(1, 30)}0{rng.randrange(1, 5)}{rng.choice(('室', '', '号'))}"
    ),
    "lettered unit": lambda rng: f"{rng.choice('ABC甲乙')}单元{rng.randrange(1, 30)}0{rng.randrange(1, 5)}",
    "dashed": lambda rng: (
        f"{rng.randrange(1, 40)}-{rng.randrange(1, 5)}-{rng.randrange(1, 30)}0{rng.randrange(1, 5)}"
    ),
    "room": lambda rng: f"{rng.randrange(1, 30)}0{rng.randrange(1, 5)}室",
    "flat": lambda rng: f"{rng.randrange(1, 30)}0{rng.randrange(1, 5)}房",
    "hash": lambda rng: (
        f"{rng.randrange(1, 40)}#{rng.randrange(1, 5)}-{rng.randrange(1, 30)}0{rng.randrange(1, 5)}"
    ),
    "spoken": lambda rng: (
        f"{rng.choice('一二三四')}单元{rng.choice('二三四五六')}零{rng.choice('一二三四')}室"
    ),
}

SECRETS: Mapping[str, Callable[[Random], tuple[str, str]]] = {
    "姓名": _name,
    "姓": _surname,
    "手机": _mobile,
    "座机": _landline,
    "短号": _local,
    "证件": _id_card,
    "银行卡": _bank_card,
    "车牌": _plate,
    "邮箱": _mail,
    "微信": _account,
    "QQ": _qq,
    "门牌": _door,
}
