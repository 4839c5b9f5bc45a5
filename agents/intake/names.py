"""Where a text names a person: after words that announce a name, before forms of address."""

import re
from collections.abc import Iterator

SURNAMES = frozenset(
    "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜戚谢邹喻柏窦章苏潘葛奚范彭郎鲁韦昌马苗凤"
    "方俞任袁柳鲍史唐费廉岑薛雷贺倪汤滕殷罗毕郝邬安常乐于时傅皮卞齐康伍余元卜顾孟黄穆萧尹姚邵湛汪祁毛禹狄米贝"
    "臧伏成戴谈宋茅庞熊纪舒屈项祝董梁杜阮蓝闵席季麻强贾路娄危江童颜郭梅盛林刁钟徐邱骆高夏蔡田樊胡凌霍虞万支柯"
    "管卢莫经房裘缪干解应宗丁宣邓郁单杭洪包左石崔吉龚程嵇邢裴陆荣翁荀羊甄曲封储靳段焦巴牧山谷车侯宓蓬全班仰秋"
    "仲伊宫宁仇栾甘厉戎祖武符刘景詹束龙叶幸司黎薄白蒲邰从鄂索咸籍赖卓蔺屠蒙池乔阴胥闻党翟谭贡姬申扶堵冉宰雍桑"
    "桂濮牛寿通边扈燕冀浦尚农温别庄晏柴瞿阎慕连茹习宦艾鱼容向古易慎戈廖庾终暨居衡步都耿满弘匡国文寇广禄阙东殳沃"
    "利蔚越隆师巩厍聂晁勾敖融冷訾辛阚那简饶空曾沙养鞠须丰巢关蒯相查后荆红游竺权盖益桓公肖付代闫涂覃植岳楚欧鄢占"
)
COMPOUND = (
    "欧阳",
    "上官",
    "司马",
    "诸葛",
    "司徒",
    "夏侯",
    "皇甫",
    "尉迟",
    "公孙",
    "慕容",
    "令狐",
    "东方",
    "端木",
)
_COMMON_WORDS = frozenset(
    "于时任成应向从连经都管解单全相别国文公广东关后居步通山谷车池农党宗干支房路元安常方高强万和空养须利满越益终"
    "司谢顾容红游边师班乐华金林田石江毛白水黄沙古易牛马羊鱼石冷温凌丰盛祖束幸牧左宁夏季秋查权占代付满居包花那能景"
)
"""Surnames that are everyday characters too: a name only where a word boundary stands before them."""
_NOT_GIVEN = frozenset(
    "的是在住于因为和与电联，反说从今现来有被把家要想对向给也都就已了不这那我你他她它们个位能可会应该请让叫问到去"
    "上下里外前后时年月日号楼栋室区市县镇乡村路街巷业主员户居民性者及等或但而且并将以由此其每各某身手证男女先"
    "师投诉求助咨询购买没无再又还很什么怎"
)
_FIRST = SURNAMES | {name[0] for name in COMPOUND}
_SINGLE = SURNAMES - {"班"}
"""班主任 is no 主任 called 班."""
_FORM = re.compile(
    "先生|女士|小姐|师傅|阿姨|大爷|大妈|大叔|大姐|大哥|奶奶|爷爷|同志|老师|医生|护士|警官|老板"
    "|经理|主任|书记|所长|队长|科长|院长|校长"
)
# What follows a cue is looked at, not consumed: it may hold the next cue.
_ANNOUNCED = re.compile(
    r"(?:姓名|联系人|投诉人|反映人|反应人|来电人|举报人|诉求人|当事人|申请人|求助人|报修人|户主"
    r"|我叫|名字叫|名字是|名叫)[是为叫:： \t]{0,3}(?=([\u4e00-\u9fff·]{2,8}))"
)
_PERHAPS = re.compile(
    r"(?:本人|我是|业主|居民|市民|村民|患者|司机|房东|老人)"
    r"(?=([\u4e00-\u9fff]{2,4})(?:[，,。；;、（(\s]|电话|手机|身份证|家住|$))"
)
_BEFORE_TOKEN = re.compile(
    r"(?<![\u4e00-\u9fff])([\u4e00-\u9fff]{2,4})"
    r"(?=[，,、（(:： ]{0,2}(?:联系)?(?:电话|手机)?号?[:： ]{0,2}〔)"
)
_NO_NAMES = frozenset(
    [
        *("谢谢", "代表", "关系", "利益", "解放军", "项目", "广场", "全长", "万元", "扶贫", "安徽人", "相关"),
        *("经常", "成员", "单元", "方便", "明确", "明显", "安全", "常住", "关心", "关注", "应急", "解决"),
        *("全体", "管理", "管道", "常用", "常见", "车牌", "车号", "单号"),
    ]
)
"""Words that begin like a name and stand where names stand."""
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
    for match in _ANNOUNCED.finditer(text):
        if size := _name_size(match.group(1)):
            yield match.start(1), match.start(1) + size
    for pattern in (_PERHAPS, _BEFORE_TOKEN) if "〔" in text else (_PERHAPS,):
        for match in pattern.finditer(text):
            name = match.group(1)
            if _name_size(name) == len(name):
                yield match.span(1)
    for match in _FORM.finditer(text):
        if size := _size_before(text, match.start()):
            yield match.start() - size, match.start()


def _find_caller(text: str, caller: str) -> Iterator[tuple[int, int]]:
    # A Latin name counts as a whole word only: "Lee" does not stand in "sleep".
    edge = r"\b" if caller.isascii() else ""
    for match in re.finditer(f"{edge}{re.escape(caller)}{edge}", text):
        yield match.span()


def _name_size(said: str) -> int:
    """How many characters at the start of `said` are a full name; 0 when none is."""
    surname = 2 if said.startswith(COMPOUND) else 1 if said[0] in SURNAMES else 0
    if not surname:
        return 0
    size = surname
    while size < min(len(said), surname + 2) and said[size] not in _NOT_GIVEN:
        size += 1
    return size if size > surname and said[:size] not in _NO_NAMES else 0


def _size_before(text: str, end: int) -> int:
    """How many characters before a form of address are a name: 王, 欧阳, 王小明; 0 when none are."""
    for size in (4, 3, 2):
        start = end - size
        if start < 0 or text[start] not in _FIRST:
            continue
        said = text[start:end]
        if said.startswith(COMPOUND) and (size == 2 or _name_size(said) == size):
            return size
        if size < 4 and said[0] not in _COMMON_WORDS and _name_size(said) == size:
            return size
    if end and text[end - 1] in _SINGLE and (text[end - 1] not in _COMMON_WORDS or _is_edge(text, end - 1)):
        return 1
    return 0


def _is_edge(text: str, at: int) -> bool:
    return at == 0 or not "\u4e00" <= text[at - 1] <= "\u9fff" or text[at - 1] in "的位找叫姓给是和跟让请问"
