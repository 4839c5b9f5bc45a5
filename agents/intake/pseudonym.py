"""Phone and account become a keyed hash, here and nowhere later."""

import hashlib
import re
import unicodedata

NOBODY = frozenset(
    [
        *("匿名", "匿名用户", "无", "没有", "未知", "不详", "保密", "不愿透露", "无名氏", "先生", "女士"),
        *("市民", "群众", "居民", "游客", "系统", "坐席", "代录", "窗口代录", "12345", "12345热线"),
        *("guest", "system", "anonymous", "unknown", "none", "null", "nil", "n/a", "na", "undefined"),
    ]
)
"""Caller ids that name nobody."""

_END = re.compile(r"转|分机|ext|[x*#]", re.IGNORECASE)
"""Here begins an extension; or the platform has hidden digits, and what is left stands for many people."""
_NOT_DIGIT = re.compile(r"\D")


def hash_caller(phone: str | None, account: str | None, key: bytes) -> str | None:
    """The caller's pseudonym "r-…", the same for every spelling of a phone number; None: anonymous.

    The phone decides, else the account. A name alone names nobody: there are too many 王女士.
    """
    number = normalize_phone(phone or "")
    if number:
        return _hash(f"phone:{number}", key)
    name = unicodedata.normalize("NFKC", account or "").strip()
    if not any(c.isalnum() for c in name) or name.casefold() in NOBODY or not name.strip("0"):
        return None
    return _hash(f"account:{name}", key)


def normalize_phone(phone: str) -> str:
    """Digits without spaces, dashes, full-width forms, +86 and extension; "" when they name no one person."""
    if not phone:
        return ""
    digits = phone
    if not (phone.isascii() and phone.isdigit()):  # most are nothing but digits
        digits = _NOT_DIGIT.sub("", _END.split(unicodedata.normalize("NFKC", phone))[0])
    digits = digits.removeprefix("00") if digits.startswith("0086") else digits
    if len(digits) >= 12 and digits.startswith("86"):
        digits = digits[2:]
    return digits if len(digits) >= 7 and len(set(digits)) > 1 else ""


def _hash(text: str, key: bytes) -> str:
    # blake2b takes keys up to 64 bytes; a longer one is hashed first, so that all of it counts.
    fitted = key if len(key) <= 64 else hashlib.blake2b(key).digest()
    return "r-" + hashlib.blake2b(text.encode(), key=fitted, digest_size=10).hexdigest()
