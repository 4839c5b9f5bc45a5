"""A ticket in one line, in its own words: what, where, since when, what is asked."""

import re
from collections.abc import Sequence

from agents.grading.evidence import plain
from agents.intake.scan import clause_end, clause_start
from agents.intake.ticket import Hazard, Ticket

MAX_SUMMARY = 80
_MAX_WHAT = 46
_READ = 1500
_CHINESE = re.compile(r"[\u4e00-\u9fff]")
_SINCE = re.compile(
    r"(?=[从自今昨前上本近最凌刚去已连持\d])(?:(?:从|自)?(?:今天|今日|今早|今晨|昨天|昨晚|昨日|前天|前晚|上周|上个?月|本月|近日|近期|最近|凌晨|刚才|去年|今年|\d{1,4}年|\d{1,2}月)"
    r"(?:\d{1,2}[月日号]|[一二三四五六日]|早上|上午|中午|下午|晚上|夜里|凌晨|[一二三四五六七八九十\d]{1,3}[点时](?:半|\d{1,2}分)?|份|初|底)*(?:开始|起|以来|至今)?"
    r"|(?:已经?|连续|持续)(?:[半一二两三四五六七八九十几\d]+)个?(?:多)?(?:天|周|星期|月|年|小时)(?:多)?(?:了)?)"
)
"""It looks at the first character first, which is faster; so do other patterns."""
_ASKED = re.compile(r"(?:希望|请求|恳请|请|要求|建议|盼|望)(?!问)[^，。！？；!?;,\n]{4,24}")
_PLACE = re.compile(
    r"[\u4e00-\u9fffA-Za-z0-9]{2,9}?(?P<kind>小区|花园|社区|家园|新村|广场|大厦|公寓|市场|学校|小学|中学|幼儿园|医院|公园|大道|大桥|路口|街道|路|街|巷|镇|乡|村)"
)
_NOT_A_PLACE = re.compile(
    r"^(?:我们|我|本|该|这|那|在|的|整个|全|老旧|一个|关于|反映|投诉|请求|希望|位于|住在|家住|位|家|于)+(?:小区|社区|市场|学校|医院|街道|路|街|村|镇|乡)?$"
)
_BEFORE_PLACE = re.compile(r"^.*[在到从往把被去住]")
_NO_NAME = re.compile(r"[了着不没要每走叫给让的是个那这条问整隔还说们请绕跟]|\d路$")
"""No name of a place has these: 网约车司机绕路, 整条街, 7路."""
_LEAST_NAME = 2
"""Characters before 路, 小区 …"""
_LEAD = re.compile(
    r"^(?:我们|我|关于|反映|投诉|请求|希望|建议|咨询|举报|解决|位于|住在|家住|是|在|和|与|到|从|于|的|市民|来电)+"
)


def say_places(ticket: Ticket) -> tuple[str, ...]:
    """The places in the ticket's own words: the parts that intake found, else what looks like one."""
    text = ticket.text
    said = dict.fromkeys(part.said for part in ticket.parts if part.said and part.said in text)
    if not said:
        for match in _PLACE.finditer(text[:160]):
            name = _LEAD.sub("", _BEFORE_PLACE.sub("", match.group()))
            own = len(name) - len(match["kind"])
            if own >= _LEAST_NAME and not _NO_NAME.search(name) and not _NOT_A_PLACE.match(name):
                said[name] = None
    return tuple(said)[:5]


def summarize(
    ticket: Ticket, first: tuple[int, int] | None, hazards: Sequence[Hazard], places: Sequence[str]
) -> str:
    """At most MAX_SUMMARY characters. `first`: where in ticket.text the matter's first word stands."""
    text = ticket.text
    # Fewer blanks only bring what is Chinese nearer: most texts need not be rewritten to be asked.
    if not _CHINESE.search(text[:200]) and not _CHINESE.search(" ".join(text.split())[:200]):
        return _cut(plain(" ".join((ticket.title or ticket.content[:_READ]).split())), MAX_SUMMARY)
    said = [_cut(plain(_what(ticket, first, hazards)), _MAX_WHAT)]
    place = places[0] if places else _platform_place(ticket)
    if place and place not in said[0] and len(place) <= 24 and (ticket.parts or len(ticket.title) < 6):
        said.insert(0, place)
    content = " ".join(ticket.content[:_READ].split())
    for pattern in (_SINCE, _ASKED):
        found = pattern.search(content)
        if found and len(found.group()) >= 2 and found.group() not in "，".join(said):
            said.append(found.group().strip())
    while len(said) > 1 and len("，".join(said)) > MAX_SUMMARY:
        said.pop()
    return _cut("，".join(said), MAX_SUMMARY)


def _what(ticket: Ticket, first: tuple[int, int] | None, hazards: Sequence[Hazard]) -> str:
    """The title; without a useful one the first danger's clause, the clause of the matter, or the opening."""
    title = " ".join(ticket.title.split())
    if len(title) >= 6:
        return title
    if hazards:
        return " ".join(hazards[0].quote.split())
    text = ticket.text
    if first:
        return " ".join(text[clause_start(text, first[0]) : clause_end(text, first[1])].split())
    opening = ticket.content.strip() or title
    return " ".join(opening[: 4 * _MAX_WHAT].split())


def _platform_place(ticket: Ticket) -> str:
    place = ticket.place
    return place.community or place.street or place.district or ""


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1].rstrip("，。、 ") + "…"
