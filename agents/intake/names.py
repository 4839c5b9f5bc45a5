"""Where a text names a person: after words that announce a name, before forms of address."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

_LISTS: dict[str, str] = tomllib.loads(
    (Path(__file__).parents[1] / "lexicon" / "names.toml").read_text(encoding="utf-8")
)
SURNAMES = frozenset("".join(_LISTS["surnames"].split()))
COMPOUND = tuple(_LISTS["compound"].split())
_COMMON_WORDS = frozenset("".join(_LISTS["everyday"].split()))
_NOT_GIVEN = frozenset(
    "的是在住于因为和与电联，反说从今现来有被把家要想对向给也都就已了不这那我你他她它们个位能可会应该请让叫问到去"
    "上下里外前后时年月日号楼栋室区市县镇乡村路街巷业主员户居性者及等或但而且并将以由此其每各某身手证女先"
    "师投诉求助咨询购买没无再又还很什么怎欠半驾走退拖租打收借骗偷撞摔晕拿失总却只当做用停报过给"
)
"""No character of a given name where nothing marks the name's end."""
_MIDDLE = frozenset("家可向应能与其以现业")
"""Of these, first characters of a given name where more of it follows: 家豪, 可欣, 向阳."""
_NEVER_GIVEN = frozenset("的是在了不这那我你他她它们吗呢吧啊什么谁，。和与也都就还很没被把请问电话打")
"""No character of a given name even between signs: 若男 and 新民 are names there."""
_FIRST = SURNAMES | {name[0] for name in COMPOUND}
_SINGLE = SURNAMES - frozenset("班都别相经和后")
"""Alone before a form of address: 班主任 is no 主任 called 班."""
_CJK = r"\u4e00-\u9fff"
_AFTER = frozenset(
    "的是在住于因为和与电联反说从今现来有被把要想对向给也都就已了不去到年欠半驾走退拖租打收借骗偷撞摔晕拿失报过让请投求又没却"
)
"""What follows a name that only a weak cue announces: no 区 and no 路, those make it a place."""
_PLACE_END = frozenset(
    "村庄湾屯岭坪沟桥店镇河塘坝园苑城区路街巷院里门站洼滩乡县市省冲堡港湖寨崖埠垭垸铺厂局所楼厦社坎岔垴界"
)
"""How names of places end, and names of people hardly ever: no 山, 洲 and 泉."""
_NEVER_HINTED = frozenset("都别相向经管全和后查须步从应连")
"""Surnames that are far more often other words where only a weak cue stands before them: 主管, 对方向."""
_BOUNDS = frozenset("，,。；;、（()）：: \t\n\r\u3000！!？?〔】[]【/|")
_SPEAKERS = tuple(_LISTS["speakers"].split())
"""Who is named in a record (来电人：李秀英) and speaks in a dialogue (来电人：没有停过。)."""
_CLERKS = tuple(_LISTS["clerks"].split())
_OPERATOR = re.compile(
    rf"(?:\A|[\n。！？!?；; \t\u3000])(?:{'|'.join(_CLERKS)})\d{{0,6}}[:：] ?"
    r"(?!\d)(?:[^\s，,；;|/]{5}|[^\s]{1,12}[。？?！!])"
)
"""The call-taker says something. A number or a name there (受理员：1023) is a field of a record."""
_WEAK_LINKS = ("", "叫", ":", "：", " ")
_ORGANISATIONS = tuple(_LISTS["organisations"].split())
_NAMED = ("姓名", "联系人", "户名", "收件人", "寄件人", "申请人", "户主", "落款", "签名", "寻人")
"""Where a colon follows these, whatever stands there is a name, of whatever people."""
_NAMED_ENDS = frozenset(word[-2:] for word in _NAMED)

_ANNOUNCING = tuple(_LISTS["announcing"].split())
"""After these words a name stands."""
_HINTING = (*_LISTS["hinting"].split(), *_LISTS["offices"].split())
"""After these words a name stands now and then."""
_OFFICES = tuple(_LISTS["offices"].split())
_FIELDS = tuple(_LISTS["fields"].split())
"""As these, where a colon follows."""
_ENDS = "".join(sorted({cue[-1] for cue in (*_ANNOUNCING, *_HINTING, *_FIELDS)}))
_CUE = re.compile(
    rf"[{_ENDS}](?=(?P<link>[】\])）]?[是为叫:： \t]{{1,3}}(?=[{_CJK}])"
    rf"|[】\])）]?(?=[{''.join(sorted(_FIRST))}]))(?P<said>[{_CJK}·]{{2,8}}))"
)
"""The last character of a cue, what links it to the name, and what may be the name: that is looked at, not
consumed, for it may hold the next cue. One search for all cues costs a third of one for each list."""


def _by_end(cues: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """The cues by their last character: few end alike, and all of them are many to try one by one."""
    return {end: tuple(cue for cue in cues if cue[-1] == end) for end in _ENDS}


_ANNOUNCING_BY_END, _HINTING_BY_END = _by_end(_ANNOUNCING), _by_end(_HINTING)
_FIELDS_BY_END = _by_end(_FIELDS)
_LONGEST_CUE = max(map(len, (*_ANNOUNCING, *_HINTING, *_FIELDS)))
_SURNAME_BEFORE = re.compile(rf"姓[{_CJK}]{{1,2}}[，, ]?叫\Z")
_SAID_SURNAME = re.compile(rf"(?<![百同])姓(?=(?P<said>[{_CJK}]{{1,2}})[，,。；;、\s])")

_FORMS = frozenset(_LISTS["forms"].split())
_FORM = re.compile(
    rf"[{''.join(sorted({form[0] for form in _FORMS}))}](?=[{''.join(sorted({form[1] for form in _FORMS}))}])"
)
_POLITE = frozenset(("先生", "女士", "小姐", "阿姨", "大爷", "大妈", "奶奶", "爷爷"))
"""Of these, those of no office: before them a surname may follow a place (文庙路方先生; 村支书记 names no 支)."""
_LONGER_WORD = re.compile("长[期时达久年]|律师[法事函]")
"""高校长期 names no head of a school, 律师函 no lawyer."""

_REACH = 14
"""How far from another secret a name may stand that nothing else announces."""
_BEFORE_SECRET = re.compile(
    rf"(?:\A|[^{_CJK}0-9])(?P<said>[{_CJK}]{{2,4}})[，,、(（:： /|]{{0,2}}(?:联系)?(?:电话|手机)?号?[:： ]{{0,2}}\Z"
)
_ALONE = re.compile(rf"(?<=[，,、；;：:])(?P<said>[{_CJK}]{{2,4}})(?=[，,、；;。\n]|\Z)")
_LONGEST_NAME = 4
_DESCRIBED = re.compile(r"[男女](?<=[，,、(（ \t/|].)(?=[，,。；;、\s）)/|]|\Z)")
_BEFORE_SEX = re.compile(rf"(?:\A|[^{_CJK}])(?P<said>[{_CJK}]{{2,{_LONGEST_NAME}}})\Z")
_NO_NAMES = frozenset(_LISTS["no_names"].split())
_NOT_PERSONS = frozenset(
    [
        "解放军",
        "安徽人",
        "相关人",
        "全家人",
        "党支部",
        "居委会",
        "管委会",
        "高新区",
        "公安局",
        "农民工",
        "别的人",
        "经手人",
    ]
)
_NOBODY = frozenset(
    ("匿名", "先生", "女士", "市民", "群众", "居民", "业主", "热心市民", "不详", "未知", "保密", "无名氏")
)


def is_name(text: str) -> bool:
    """Whether the platform's name field names a person, so that its text may be hidden wherever it occurs."""
    return len(text) >= 2 and text not in _NOBODY and any(c.isalpha() for c in text)


def find_names(text: str, caller: str = "") -> Iterator[tuple[int, int]]:
    """Spans of names, surest first; they may overlap.

    A phone number or other secret in `text` is 〔 already: it tells that the word before it may be a name.
    """
    if caller and caller in text:  # a pattern of its own for each caller costs more than all the others
        yield from _find_caller(text, caller)
    if text.isascii():
        return
    yield from _find_announced(text)
    if "姓" in text:
        yield from _find_surnames(text)
    if "〔" in text:
        yield from _find_beside_secrets(text)
    yield from _find_described(text)
    for match in _FORM.finditer(text):
        start = match.start()
        form = text[start : start + 2]
        if form not in _FORMS or _LONGER_WORD.search(text, start, start + 3):
            continue
        if size := _size_before(text, start):
            yield start - size, start


def _find_announced(text: str) -> Iterator[tuple[int, int]]:
    is_dialogue: bool | None = None
    for match in _CUE.finditer(text):
        start = match.end()
        if text[at := match.start("said")] not in _FIRST and text[start - 2 : start] not in _NAMED_ENDS:
            continue  # most candidates, sorted out in one look
        link = match["link"].lstrip("】])）")
        head = text[max(0, start - _LONGEST_CUE) : start]
        is_announced = _announces(head)
        if not is_announced and not _hints(head, link):
            continue
        if link and head.endswith(_SPEAKERS + _CLERKS):
            if is_dialogue is None:
                is_dialogue = _OPERATOR.search(text) is not None
            if is_dialogue and not _is_answer(head, match["said"]):
                continue
            is_announced = is_announced and not is_dialogue
        end = match.end("said")
        if is_announced:
            is_bounded = end == len(text) or text[end] in _BOUNDS
            size = _announced_size(match["said"], is_bounded, bool(link) and head.endswith(_NAMED))
        else:
            is_office = head.endswith(_OFFICES)
            size = _hinted_size(match["said"], text[end : end + 1], is_office) if link in _WEAK_LINKS else 0
        if size:
            yield at, at + size


def _announces(head: str) -> bool:
    """Whether the words before end with a cue after which a name stands."""
    return head.endswith(_ANNOUNCING_BY_END[head[-1]]) or (
        "姓" in head and _SURNAME_BEFORE.search(head) is not None
    )


def _hints(head: str, link: str) -> bool:
    """Whether they end with one after which a name stands now and then."""
    return head.endswith(_HINTING_BY_END[head[-1]]) or (
        link in (":", "：") and head.endswith(_FIELDS_BY_END[head[-1]])
    )


def _is_answer(head: str, said: str) -> bool:
    """Whether a turn of a dialogue may be a name: the citizen's own, and no everyday word."""
    return not head.endswith(_CLERKS) and _is_bare_name(said)


def _find_surnames(text: str) -> Iterator[tuple[int, int]]:
    """免贵姓王，"""
    for match in _SAID_SURNAME.finditer(text):
        said = match["said"]
        if said in SURNAMES or said in COMPOUND:
            yield match.start("said"), match.start("said") + len(said)


def _find_beside_secrets(text: str) -> Iterator[tuple[int, int]]:
    """Names that stand between signs, beside a number or the like that is one person's."""
    end = 0
    while (at := text.find("〔", end)) >= 0:
        before = max(0, at - _REACH)
        if match := _BEFORE_SECRET.search(text, before, at):
            said = match["said"]
            is_whole = _name_size(said) == len(said) or _whole_size(said)
            if is_whole and said[-2:] not in _FORMS and said[-1] not in _PLACE_END:
                yield match.span("said")
        end = at + 1
        while text.startswith("〔", end):
            end += 1
        until = min(len(text), end + _REACH)
        for match in _ALONE.finditer(text, before, until):
            said, is_cut = match["said"], match.end() == until < len(text)
            if not is_cut and _whole_size(said) and _is_bare_name(said):
                yield match.span("said")


def _find_described(text: str) -> Iterator[tuple[int, int]]:
    """张伟,男,35岁"""
    for match in _DESCRIBED.finditer(text):
        said = _BEFORE_SEX.search(text, max(0, match.start() - _LONGEST_NAME - 2), match.start() - 1)
        if said is None or said["said"][-2:] in _FORMS or said["said"][-1] in _PLACE_END:
            continue
        if _whole_size(said["said"]):
            yield said.span("said")


def _is_bare_name(said: str) -> bool:
    """Whether what could be a name is neither an address, a place nor an everyday word."""
    if said[-2:] in _FORMS or said[-1] in _PLACE_END:
        return False
    return len(said) > 2 or said[0] not in _COMMON_WORDS


def _find_caller(text: str, caller: str) -> Iterator[tuple[int, int]]:
    # A Latin name counts as a whole word only: "Lee" does not stand in "sleep".
    if caller not in text:
        return
    edge = r"\b" if caller.isascii() else ""
    for match in re.finditer(f"{edge}{re.escape(caller)}{edge}", text):
        yield match.span()


def _surname_size(said: str) -> int:
    return 2 if said.startswith(COMPOUND) else 1 if said[0] in SURNAMES else 0


def _grown_size(said: str) -> int:
    """How many characters at the start of `said` are a full name, wherever `said` was cut off; 0 when none is."""
    surname = _surname_size(said)
    if not surname or said[:2] in _NO_NAMES:
        return 0
    size = surname
    if said[size : size + 1] in _MIDDLE and said[size + 1 : size + 2] not in _NOT_GIVEN:
        size += 1
    while size < min(len(said), surname + 2) and said[size] not in _NOT_GIVEN:
        size += 1
    return size if size > surname else 0


def _name_size(said: str) -> int:
    """As _grown_size, where `said` ends at a sign or is longer than a name: 若男 and 新民 are names too."""
    size = _grown_size(said)
    return max(size, _whole_size(said)) if size < len(said) <= 4 else size


def _whole_size(said: str) -> int:
    """The length of what stands between signs when all of it can be a name; else 0."""
    surname = _surname_size(said)
    given = said[surname:]
    is_name_like = surname and 0 < len(given) <= 2 and said[:2] not in _NO_NAMES
    return len(said) if is_name_like and not _NEVER_GIVEN.intersection(given) else 0


def _announced_size(said: str, is_bounded: bool, is_any: bool) -> int:
    """As _name_size; three characters between signs are a name even if they begin like a word (周一诺);
    `is_any`: a rare surname or a name of another people stands here too."""
    size = _name_size(said)
    if size or not is_bounded or len(said) > 4 or _NEVER_GIVEN.intersection(said):
        return size
    if len(said) == 3 and said[0] in SURNAMES and said not in _NOT_PERSONS:
        return 3
    is_word = (
        said in _NOBODY or said[:2] in _NO_NAMES or said[0] in _NOT_GIVEN or said.endswith(_ORGANISATIONS)
    )
    return len(said) if is_any and not is_word else 0


def _hinted_size(said: str, following: str, is_office: bool) -> int:
    """As _name_size, where the word before announces a name only now and then: its end must be seen.

    `is_office`: what stands before is rather followed by what that person does (医生安慰, 老师常说)."""
    is_ended = not following or following in _BOUNDS
    size = 0 if said[0] in _NEVER_HINTED else _name_size(said) if is_ended else _grown_size(said)
    if not size or said[size - 1] in _PLACE_END or said[size - 2 : size] in _FORMS:
        return 0
    if size == 2 and is_office and said[0] in _COMMON_WORDS:
        return 0
    if size == len(said):
        return size if is_ended else 0
    return size if said[size] in _AFTER else 0


def _size_before(text: str, end: int) -> int:
    """How many characters before a form of address are a name: 王, 欧阳, 王小明; 0 when none are."""
    for size in (4, 3, 2):
        start = end - size
        if start < 0 or text[start] not in _FIRST:
            continue
        said = text[start:end]
        if not said.isalpha():
            continue
        if said.startswith(COMPOUND) and (size == 2 or _grown_size(said) == size):
            return size
        is_place = said[-2] in _PLACE_END and said[-1] in SURNAMES  # 金桂苑王先生 and 白杨站王先生
        if size < 4 and not is_place and said[0] not in _COMMON_WORDS and _grown_size(said) == size:
            return size
    if end and text[end - 1] in _SINGLE and (text[end - 1] not in _COMMON_WORDS or _is_edge(text, end - 1)):
        return 1
    return 0


def _is_edge(text: str, at: int) -> bool:
    """Whether a word can begin here: after a sign, or after a word that is said to or of a person."""
    if (
        at == 0
        or not "\u4e00" <= text[at - 1] <= "\u9fff"
        or text[at - 1] in "的位找叫姓给是和跟让请问人扬爸妈系所治警"
    ):
        return True
    if text[at - 1] in _PLACE_END and text[at + 1 : at + 3] in _POLITE:
        return True
    return text[at - 1] == "谢" and text[at] != "谢"
