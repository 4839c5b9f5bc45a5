"""How citizens and clerks say it: registers, hesitations, typos, nick-names, number styles, personal data."""

from dataclasses import dataclass
from random import Random

from weisu.simulator.city import Spot
from weisu.simulator.matters import Fact, Matter
from weisu.simulator.stories import Call

_DIGITS = "零一二三四五六七八九"
_FULL_WIDTH = str.maketrans("0123456789", "０１２３４５６７８９")
_SINCE = (
    "昨天晚上",
    "今天早上",
    "前天",
    "上午",
    "下午三点多",
    "中午",
    "凌晨",
    "周末",
    "好几天前",
    "上个礼拜",
    "半夜",
)
_SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧"
_GIVEN = (
    "建国",
    "秀英",
    "丽",
    "伟",
    "桂兰",
    "强",
    "敏",
    "静",
    "志明",
    "小红",
    "海燕",
    "军",
    "雪梅",
    "文博",
    "子涵",
    "玉珍",
)
_FILLERS = ("嗯", "那个", "就是说", "呃", "怎么讲呢", "反正", "你听我说", "哎呀")
_TYPOS = {
    "的": "地得", "在": "再", "没": "每", "水": "谁", "电": "店", "坏": "怀", "楼": "搂", "路": "录",
    "知道": "之道", "现在": "现再", "已经": "以经", "时候": "时后", "请": "清", "应": "因", "做": "作",
}  # fmt: skip
_HELLO = ("您好，12345热线，请讲", "您好，请问有什么可以帮您", "12345，很高兴为您服务", "您好，请说")
_WHERE = ("您说的具体位置是哪里", "请问地址在什么地方", "麻烦说一下地点", "在哪个位置呢")
_SINCE_WHEN = ("这种情况多久了", "之前反映过吗", "有联系过物业或者单位吗", "什么时候开始的")
_BYE = ("好的，帮您登记转办", "已经记录，会有单位跟您联系", "明白了，马上转给相关部门", "好，我给您派单")
_ASK_HEADS = ("", "诉求：", "来电诉求：", "市民诉求：")
_CLERK = ("来电人反映：", "市民来电称，", "来电反映", "市民反映，", "诉求人表示，")
_OPENERS = ("", "您好，", "你们好！", "尊敬的领导：您好。", "领导好，", "我想反映一个问题，", "请问12345，")
_CLOSERS = ("", "谢谢！", "盼复。", "麻烦了。", "急急急", "望重视。", "请尽快回复。")
_NEAR = {
    "community": ("", "", "大门口", "里面", "东门", "北门旁边", "院里"),
    "road": ("", "", "附近", "路口", "中段", "往东一百米", "和旁边小路交叉口"),
    "site": ("", "", "门口", "对面", "旁边", "后门"),
    "station": ("", "出口", "旁边", "门口", "站前"),
    "building": ("", "楼下", "门口", "地下车库", "大厅"),
}
_BACK = (
    "上回说处理好了，没过多久又这样了",
    "前些天来人弄过，好了没几天老毛病又犯",
    "之前反映过，你们回复说办结了，现在又出现了",
    "上个月才修过一次，这不又来了",
    "处理完管了一个星期，又恢复原样了",
    "听邻居说早就报过，说是解决了，其实又反复了",
    "刚整治完没几天，又跟以前一样",
)
_SAYS_BACK = 0.7
"""Share of the callers about what is back who say so; the others do not know, or do not think of it."""
_HERE = ("我们这里", "我们小区", "家门口", "我家这边", "这边", "楼下")


@dataclass(frozen=True)
class Caller:
    """A made-up person; everything about them follows from the number."""

    number: int

    @property
    def name(self) -> str:
        return _SURNAMES[self.number % len(_SURNAMES)] + _GIVEN[self.number * 7 % len(_GIVEN)]

    @property
    def phone(self) -> str:
        return f"1{(33, 38, 51, 58, 77, 86, 99)[self.number % 7]}{self.number * 7919 % 100_000_000:08d}"

    def as_field(self) -> dict[str, str]:
        """The contract's `caller`: always the same fields for the same person."""
        form = self.number % 10
        if form < 6:
            return {"id": f"U{self.number:08d}"}
        if form < 9:
            return {"phone": self.phone, "name": self.name}
        return {"id": f"U{self.number:08d}", "phone": self.phone}


def chinese(number: int) -> str:
    """0–9999 in Chinese numerals, as people write them."""
    if number < 10:
        return _DIGITS[number]
    text, zero = "", False
    for power, unit in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit = number // power % 10
        if digit:
            text += ("零" if zero and text else "") + _DIGITS[digit] + unit
            zero = False
        else:
            zero = True
    return text.removeprefix("一") if 10 <= number < 20 else text


def _number(rng: Random, number: int) -> str:
    style = rng.random()
    if style < 0.6:
        return str(number)
    return chinese(number) if style < 0.85 else str(number).translate(_FULL_WIDTH)


def _fill(rng: Random, phrase: str) -> str:
    if "{" not in phrase:
        return phrase
    number = _number(rng, rng.choice((2, 3, 3, 4, 5, 6, 8, 10, 12, 15, 20)))
    return phrase.replace("{n}", number).replace("{since}", rng.choice(_SINCE))


def name_place(rng: Random, spot: Spot, house: int, formal: bool) -> str:
    """The spot as someone says it: with or without its street, by nick-name, with a house or building number."""
    nick = not formal and spot.aliases and rng.random() < 0.4
    name = rng.choice(spot.aliases) if nick else spot.name
    lead = rng.random()
    if formal and lead < 0.5:
        name = f"{spot.district}{spot.street}{name}"
    elif lead < 0.3:
        name = f"{spot.district}{name}"
    if spot.kind == "community" and rng.random() < 0.45:
        block = _number(rng, house) + rng.choice(("号楼", "栋", "幢", "#"))
        return name + block + (f"{_number(rng, rng.randint(1, 4))}单元" if rng.random() < 0.4 else "")
    if spot.kind == "road" and rng.random() < 0.35:
        return f"{name}{_number(rng, house)}号"
    return name + rng.choice(_NEAR.get(spot.kind, ("",)))


def _clauses(rng: Random, matter: Matter, fact: Fact) -> tuple[str, str, str, str]:
    return (
        _fill(rng, rng.choice(fact.whats)),
        _fill(rng, rng.choice(matter.details)),
        rng.choice(matter.effects),
        rng.choice(matter.asks),
    )


def _written(rng: Random, matter: Matter, fact: Fact, place: str) -> str:
    what, detail, effect, ask = _clauses(rng, matter, fact)
    form = rng.randrange(5)
    opener, closer = rng.choice(_OPENERS), rng.choice(_CLOSERS)
    if form == 0:
        return f"{opener}{place}{what}，{detail}。{effect}，{ask}。{closer}"
    if form == 1:
        who = rng.choice(("居民", "住户", "业主", "商户"))
        return f"{opener}我是{place}的{who}，{what}，{effect}。{detail}，{ask}！"
    if form == 2:
        return f"{what}！地点：{place}。{detail}，{effect}。{closer}"
    if form == 3:
        return f"{opener}{detail}，{place}这儿{what}。{ask}，{effect}。"
    return f"{place}{what}"


def _clerk(rng: Random, matter: Matter, fact: Fact, place: str) -> str:
    what, detail, effect, ask = _clauses(rng, matter, fact)
    head, tail = rng.choice(_CLERK), rng.choice(_ASK_HEADS)
    form = rng.randrange(3)
    if form == 0:
        return f"{head}{place}{what}，{detail}，{effect}。{tail}{ask}。"
    if form == 1:
        return f"{head}地点在{place}，{what}，{detail}。{tail}{ask}，请核实处理。"
    return f"{head}{place}{what}。{tail}{ask}。"


def _hesitate(rng: Random, phrase: str) -> str:
    if rng.random() < 0.15 and len(phrase) > 4:
        phrase = f"{phrase[:2]}，{phrase}"
    if rng.random() < 0.45:
        phrase = f"{rng.choice(_FILLERS)}，{phrase}"
    return phrase


def _oral(rng: Random, matter: Matter, fact: Fact, place: str) -> str:
    """A transcript of the call, clerk and citizen in turns."""
    what, *rest = _clauses(rng, matter, fact)
    detail, effect, ask = (_hesitate(rng, phrase) for phrase in rest)
    clerk, citizen = rng.choice((("坐席", "市民"), ("客服", "来电人"), ("话务员", "群众")))
    turns = [
        f"{clerk}：{rng.choice(_HELLO)}。",
        f"{citizen}：喂，{_hesitate(rng, what)}，你们管不管啊。"
        if rng.random() < 0.5
        else f"{citizen}：你好，我这儿{what}。",
        f"{clerk}：{rng.choice(_WHERE)}？",
        f"{citizen}：{_hesitate(rng, place)}。",
    ]
    if rng.random() < 0.7:
        turns += [f"{clerk}：{rng.choice(_SINCE_WHEN)}？", f"{citizen}：{detail}，{effect}。"]
    turns += [f"{citizen}：{ask}。", f"{clerk}：{rng.choice(_BYE)}。"]
    return "\n".join(turns) if rng.random() < 0.6 else " ".join(turns)


def _mistype(rng: Random, text: str) -> str:
    for _ in range(rng.randint(1, 2)):
        right = rng.choice(tuple(_TYPOS))
        wrong = _TYPOS[right]
        text = text.replace(right, rng.choice(wrong) if len(right) == 1 else wrong, 1)
    return text


def _identify(rng: Random, caller: Caller) -> str:
    """A sentence with made-up personal data."""
    name, phone, form = caller.name, caller.phone, rng.randrange(6)
    if form == 0:
        return f"我叫{name}，电话{phone}。"
    if form == 1:
        return f"联系人：{name}，联系电话：{phone[:3]} {phone[3:7]} {phone[7:]}。"
    if form == 2:
        return f"请回电{phone}，{name[0]}{rng.choice(('先生', '女士'))}。"
    if form == 3:
        year, code = 1950 + caller.number % 55, caller.number * 31 % 10000
        return f"本人{name}，身份证号990101{year}0{1 + caller.number % 9}1{caller.number % 10}{code:04d}。"
    if form == 4:
        letters = "ABCDEFGHJK"
        plate = f"{letters[caller.number % 10]}{caller.number * 13 % 100000:05d}"
        return f"我的车牌是云{plate}，手机{phone.translate(_FULL_WIDTH)}。"
    return f"有事打{'-'.join((phone[:3], phone[3:7], phone[7:]))}找{name}。"


def tell(rng: Random, call: Call, phone: bool, name_it: bool) -> tuple[str, str]:
    """Title ("" where there is none) and content. `name_it`: the text must say where, as no field will."""
    matter, fact, spot = call.matter, call.fact, call.spot
    oral = phone and rng.random() < 0.4
    named = name_it or rng.random() < 0.8
    place = name_place(rng, spot, call.house, formal=phone and not oral) if named else rng.choice(_HERE)
    if not matter.places:
        place = spot.district if rng.random() < 0.6 else f"{spot.district}{spot.street}"
    content = (_oral if oral else _clerk if phone else _written)(rng, matter, fact, place)
    if call.is_back and rng.random() < _SAYS_BACK:
        content = f"{content}{'' if content[-1] in '。！？' else '，'}{rng.choice(_BACK)}。"
    if rng.random() < (0.2 if oral or not phone else 0.03):
        content = _mistype(rng, content)
    if rng.random() < 0.15:
        content = f"{content}{'' if content[-1] in '。！？' else '，'}{_identify(rng, Caller(call.caller))}"
    return _title(rng, fact, spot if matter.places else None), content


def _title(rng: Random, fact: Fact, spot: Spot | None) -> str:
    draw = rng.random()
    if draw < 0.1:
        return ""
    title = rng.choice(fact.titles)
    if draw < 0.5 and spot is not None:
        return f"{rng.choice(('', '反映', '关于'))}{spot.name}{title}"
    return title


def copy_text(rng: Random, text: str) -> str:
    """The same campaign text from another account: pasted, sometimes with another ending or a small edit."""
    draw = rng.random()
    if draw < 0.5:
        return text
    if draw < 0.8:
        return f"{rng.choice(_OPENERS)}{text}{rng.choice(_CLOSERS)}"
    return text.replace("，", rng.choice(("，", ",", "。", " ")), 2)
