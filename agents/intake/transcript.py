"""What the citizen says in a call's transcript 通话记录: the call-taker's questions are no appeal and no danger."""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from agents.intake.openings import quick

_CLERKS = "话务员|坐席员?|座席|客服|接线员|接线|受理员|受理人|热线|工作人员|工号|系统|机器人|语音助手"
_CITIZENS = "市民|来电人|来话人|群众|诉求人|反映人|报修人|用户|客户|居民|主叫|女士|先生"
_NAMELESS = r"[AB甲乙]|(?:说话人|发言人|讲话人|声道|spk|SPEAKER)[_ ]?[0-9A-Za-z]{1,2}"
_LABEL_OPENINGS = (
    "".join(sorted({word[0] for word in f"{_CLERKS}|{_CITIZENS}".split("|")})) + "AB甲乙说发讲声sS"
)
_LABEL = re.compile(
    rf"(?=[{_LABEL_OPENINGS}])(?:(?P<clerk>{_CLERKS})|(?P<citizen>{_CITIZENS})|(?P<other>{_NAMELESS}))[0-9A-Za-z]{{0,8}}[\]】)）]?\s*[:：]"
)
_BEFORE_LABEL = "\n。！？!?；;… \t\u3000[【(（"
"""What stands before a label, or nothing does."""
_ROUTINE = re.compile(
    quick(
        r"12345|请讲|请说|有什么可以帮|(?:很)?高兴为您服务|请问(?:您|具体|反映|地址|在什么|有什么|贵姓|怎么称呼)|麻烦(?:您)?说一下|具体位置是?哪|哪个位置"
        r"|多久了|什么时候(?:开始|的事|吃的)|之前反映过|有联系过|已经?(?:为您|帮您|给您)?(?:记录|登记)|(?:帮|给|为)您(?:登记|转|派|反映|查)|转(?:给|到|交)相关"
        r"|请(?:您)?稍等|请(?:您)?保持电话|还有其他(?:问题|需要)|感谢(?:您的)?来电|祝您|您先?别(?:急|着急)|您的(?:姓名|电话|地址)"
    )
)
_SPOKEN = re.compile(
    r"[^\S\n]*(?:(?:12345|女士|先生)[，,。])?[^\s。，,；;:：]{0,30}?"
    r"(?:[你您]|喂|请|别|这里是|为您|好的?(?![^\s。，,！!])|嗯|是不是|有没有|什么|多少|[哪几]|[吗呢吧]|[^\s。，,；;:：]{2}[？?])"
)
"""A call-taker's first words: greeting, question or consent, and no number or name as a form has behind 受理人."""
_FIELD = re.compile(r"[\n。！？!?；;… \t\u3000][【\[(（]?[\u4e00-\u9fff]{2,6}[】\])）]?[^\S\n]*[:：]")
"""The next field of a form, whatever it is called."""
_YES = re.compile(r"\s*(?:是的|是啊|对[，。！,!的啊呀]|对\Z|嗯+[，。,]?(?:是|对)|没错|就是)")
_QUESTION = re.compile(r"[吗么呢吧][？?]|[？?]|是不是|有没有")
_TO_CALLER = re.compile(r"您|请[问讲说稍保]|[？?吗]|多久|什么时候|哪|\A\s*好的")
_OF_CALLER = re.compile(r"我(?!们?(?:这边|会|马上)|[帮给为来])|你们|他们")
"""Who writes of 之前反映过 and 已经登记 is the citizen unless the line speaks to one."""
_LONGEST_ROUTINE = 60
"""Characters of a line; a longer one tells something."""
_LINES_NEEDED = 2
"""Routine lines that make a text without labels a transcript."""


class Turn(NamedTuple):
    """Who speaks from `start` (behind the label) to `end`; the label begins at `label`."""

    who: str
    label: int
    start: int
    end: int


@lru_cache(maxsize=512)
def heard(text: str) -> str:
    """The citizen's words of a transcript where they stand, everything else as line ends; any other text as it is.

    Same length, so that a span of it is a span of the text. Remembered: intake and grading ask. A question of
    the call-taker that the citizen answers with yes is kept: "着火了吗？" — "对".
    """
    turns = list(_turns(text)) if _may_be_dialogue(text) else []
    if not turns:
        return text
    parts = [text[: turns[0].label]]
    for turn, following in zip(turns, [*turns[1:], None], strict=True):
        is_confirmed = (
            following is not None
            and following.who != turn.who
            and _YES.match(text, following.start, following.end)
            and _QUESTION.search(text, turn.start, turn.end)
        )
        parts.append("\n" * (turn.start - turn.label))
        is_kept = turn.who != "clerk" or is_confirmed
        parts.append(text[turn.start : turn.end] if is_kept else "\n" * (turn.end - turn.start))
        # Turns without labels leave the line ends between them out.
        parts.append("\n" * ((following.label if following else len(text)) - turn.end))
    return "".join(parts)


def _may_be_dialogue(text: str) -> bool:
    """Whether there are colons enough for labels, or lines enough for turns: most tickets are no transcripts."""
    return text.count("：") + text.count(":") > 1 or text.count("\n") >= _LINES_NEEDED


def _turns(text: str) -> Iterator[Turn]:
    """The turns in order; none when the text is no dialogue."""
    is_labelled = text.count("：") + text.count(":") > 1
    labels = [found for found in _LABEL.finditer(text) if _begins(text, found.start())] if is_labelled else []
    clerks = _clerks(text, labels) if labels else []
    if not _is_dialogue(text, labels, clerks):
        yield from _unlabelled(text)
        return
    for label, following, is_clerk in zip(labels, [*labels[1:], None], clerks, strict=True):
        end = following.start() if following else len(text)
        said_to = _said_to(text, label.end(), end) if is_clerk else end
        yield Turn("clerk" if is_clerk else "citizen", label.start(), label.end(), said_to)
        if text[said_to:end].strip():
            yield Turn("citizen", said_to, said_to, end)


def _is_dialogue(text: str, labels: list[re.Match[str]], clerks: list[bool]) -> bool:
    """Whether both sides have turns and a call-taker speaks: behind the fields 来电人 and 受理人 of a form stand
    names and numbers, and what the citizen says stands anywhere. A and B are no fields."""
    if not any(clerks):
        return len({_name(label) for label in labels if label.lastgroup == "other"}) > 1
    called = zip(labels, clerks, strict=True)
    return not all(clerks) and any(
        label.lastgroup == "other" or _SPOKEN.match(text, label.end())
        for label, is_clerk in called
        if is_clerk
    )


def _said_to(text: str, start: int, end: int) -> int:
    """Where a call-taker's words end that begin at `start`: with the line and the routine lines below it, and
    before the next field of a form. Further words up to the next label at `end` may be the citizen's."""
    field = _FIELD.search(text, start, end)
    limit = field.start() if field else end
    found = text.find("\n", start, limit)
    while found >= 0:
        following = text.find("\n", found + 1, limit)
        line = text[found + 1 : following if following >= 0 else limit]
        if line.strip() and not _is_routine(line):
            return found
        found = following
    return limit


def _begins(text: str, at: int) -> bool:
    return at == 0 or text[at - 1] in _BEFORE_LABEL


def _name(label: re.Match[str]) -> str:
    return label[label.lastgroup or 0]


def _clerks(text: str, labels: list[re.Match[str]]) -> list[bool]:
    """Which labels are a call-taker's: by their word, or of A, B, 说话人1 … the one who speaks like a call-taker.
    Where nobody does, all of them are heard."""
    scores: dict[str, int] = {}
    for label, following in zip(labels, [*labels[1:], None], strict=True):
        if label.lastgroup == "other":
            end = following.start() if following else len(text)
            scores[_name(label)] = scores.get(_name(label), 0) + len(_ROUTINE.findall(text, label.end(), end))
    best = max(scores, key=lambda name: scores[name]) if any(scores.values()) else None
    return [
        label.lastgroup == "clerk" or (label.lastgroup == "other" and _name(label) == best)
        for label in labels
    ]


def _is_routine(line: str) -> bool:
    is_short = len(line) <= _LONGEST_ROUTINE
    return bool(
        is_short and _ROUTINE.search(line) and _TO_CALLER.search(line) and not _OF_CALLER.search(line)
    )


def _unlabelled(text: str) -> Iterator[Turn]:
    """One line a turn, where at least two lines are a call-taker's routine and others stand between them."""
    if text.count("\n") < _LINES_NEEDED or not _ROUTINE.search(text):
        return
    lines = [found for found in re.finditer(r"[^\n]+", text) if found[0].strip()]
    routine = [_is_routine(line[0]) for line in lines]
    if sum(routine) < _LINES_NEEDED:
        return
    first, behind = routine.index(True), len(routine) - routine[::-1].index(True)
    if all(routine[first:behind]):
        return
    for line, is_routine in zip(lines, routine, strict=True):
        yield Turn("clerk" if is_routine else "citizen", line.start(), line.start(), line.end())
