"""Words of a text that speak to a machine, or fill in its form, and not to the hotline: they tell no fact."""

import re
from bisect import bisect_left
from functools import lru_cache

from agents.intake.openings import quick

FILLER = "\u3000"
"""Stands for every character taken out, so that a place in what is read is the same place in the text."""
_LEVEL = r"(?:特急|紧急|平缓|critical|urgent|normal|low|最高级?|红色(?:预警)?|P[0-3])"
_KIND = r"(?:投诉|表扬|咨询|举报|建议|求助|误报|演练|测试|praise|complaint|consult|report|suggestion|help)"
_FIELD = (
    r"(?:(?:紧急|风险|危险|严重|预警|优先)(?:程度|等级|级别|级)|风险点|评级理由|研判(?:结论|结果)|(?:判定|分类)结果"
    r"|(?:工单|诉求|本单|这单|该单)的?(?:等级|级别|类型|类别)|处置部门|摘要|打标)"
)
"""What the form of a grade asks for."""
_RANKED = rf"{_LEVEL}|一般|普通|常规|轻|低|高|中|无|不|最|[0-9a-z]"
_TELLING_FIELD = rf"(?:紧急|危险|严重)程度[:：](?![^，。；！？\n]{{0,8}}(?:{_RANKED}))"
"""A caller's own form that tells what happens there (严重程度：人已经昏迷), not a rank."""
_PUT = r"(?:[=＝→:：]|[写填选勾设改调升降标置]|(?:评|定|判|输出|列|更新)[为成])"
_SOMEONE = r"(?:AI|大?模型|人工智能|助手|机器人|分类器|评级(?:员|器|系统|的?同志))"
"""Whom nobody calls a hotline for."""
_ORDERS = (
    # Fields of the answer, and what is put into them.
    r"\b(?:urgency|hazards?|kind|category|confidence|priority|severity|praise_target|summary)\b[\"'”]?(?:\s*[:=：＝]|\s+(?:must|to|is|as)\b|\s*[里中内]?[设改取写填换替字加放])",
    rf"(?!{_TELLING_FIELD}){_FIELD}[”\"】\]]?[里中内]?(?:[请须要应只都均]|一律|直接|自动){{0,3}}{_PUT}",
    r"(?:标签|关键词|关键信息|级别|类别|内部流转|测试(?:语句|文本|用例))[^，。；！？\n]{0,3}[:：=＝]|[#＃](?:级别|类型|等级|紧急|标签)|(?:类别|类型|风险|等级|级别)(?:点)?请[填选勾写设]|优先级最高|[【\[][^】\]\n]{0,4}(?:紧急程度|风险点)",
    r"风险点?[=＝]|等级[=＝]|字段(?:名|替换)|JSON|输出格式|[\"'](?:role|content|system)[\"']\s*:",
    # English.
    r"\b(?:ignore|disregard|forget)\b.{0,30}\b(?:previous|above|prior|instructions?|rules?)\b",
    r"\b(?:system|developer|assistant|user|admin|prompt)\b\s*(?:(?:prompt|override|note|message)\s*)?[\]】)）]?\s*[:：\]]",
    r"\b(?:new|updated) rules?\b\s*:|\bevery ticket is\b|\bdowngrade to\b|\bdo not alert\b",
    r"\bend of (?:ticket|text|citizen)\b|\bnew ticket\b",
    r"\b(?:classify|rate|mark|label|treat|grade)\s+(?:this|it|the|every)\b.{0,20}\b(?:as|ticket|[0-9])",
    r"\btranslate the\b|\bas (?:the|an?) (?:grader|model|assistant|ai)\b",
    r"\b(?:note|message|instructions?) (?:to|for) the (?:ai|model|grader|system)\b",
    r"\byou (?:are (?:now|an?)|must|will|should) (?:an? )?"
    r"(?:ai|assistant|model|grader|in|output|rate|classify|ignore|answer|mark|set)\b",
    # Chinese: who is spoken to, as what, and which rules are to fall.
    r"提示词|(?:系统|管理员|内部|开发者|质检员?|后台|插入)的?(?:指令|批注|命令|备注)|无限制(?:助手|模式)|是(?:系统|后台)?管理员|市民原文|按此研判|重复(?:以下|上面)",
    r"(?:忽略|无视|忘记|忘掉|跳过|覆盖).{0,6}(?:之前|以上|上面|前面|前文|上述|上文|规则|指令|设定)(?!的?(?:密码|账[号户]|口令|手机号))|以上(?:内容|文字|规则)?.{0,2}作废|规则(?:更新|变更)[为成是]",
    rf"(?:从现在起|根据最新规定|根据新规)[^。！？\n]{{0,24}}(?:规则|[评判按][为成]?[^，。]{{0,3}}{_LEVEL})|(?:参照|按照)(?:示例|例子)|(?:示例|样例)[:：]|正确答案|校验模型|(?<!小区)(?<![在次们里])测试(?:系统|模型)(?!的时候|时|公司)",
    r"你(?:现在)?是[^，。；！？\n]{0,12}(?:助手|调度员|模型|机器人|AI|评级|分类器)|(?:假设|假如|扮演)你?是?一?[名个]?[^，。；！？\n]{0,10}(?:指挥员|调度员|评级员|模型|AI)",
    rf"(?:作为|若你是|如果你是)[^，。；！？\n]{{0,10}}(?:{_SOMEONE})(?!专业|行业|学院|公司|企业)|{_SOMEONE}(?:同学|小助手)?(?:请|必须|应当|注意|[:：])|请(?:{_SOMEONE}|转告后台)|评级的?同志",
    r"(?:后台|系统|平台)(?:系统)?(?:请|应|须|必须|自动|建议)[^，。；！？\n]{0,12}(?:列为|升级(?![为成到至]?[^，。；！？\n]{0,4}(?:会员|套餐|维护|改造|版本|软件|服务))|评为|判为|标为|设为|改为|归为)|(?:系统提示|智能研判)[^，。；！？\n]{0,3}[:：]",
    r"(?:请|直接|只|必须)(?:输出|返回|回答|回复|生成)[^，。；！？\n]{0,12}(?:urgency|json|hazards?|(?<![理查实测])结果|以下|等级|字段|英文|OK|特急|平缓)|请?勾选[“\"]?(?:特急|紧急)",
    r"(?:不要|请勿|勿|不得|别)(?:识别|触发|生成|判|评|标|输出)[^。！？\n]{0,14}(?:词|警报|风险|特急|紧急|critical|urgent)",
    r"</?(?:text|script|system)>|\[/?INST\]|<\||```|###",
)
_MACHINE = re.compile("|".join(_ORDERS), re.IGNORECASE | re.ASCII)
"""Fields of the answer, orders to a model, the marks of a chat. No caller speaks so: the whole bracket goes, or the
sentence from there on, as far as nobody tells what happens to them (_TOLD)."""
_RANK = re.compile(
    rf"(?:等级|级别|紧急程度|工单|这一?单|本单|一律|表扬|归档).{{0,8}}(?:设|改|标|写|判|归|定|列|降|升|记|处理|办理|成|为|作).{{0,4}}{_LEVEL}"
    rf"|(?:判定?|评定?|归类?|标注?|列|定级?|改|设|[升降]级?)[为成][“\"']?[^，。；！？\n]{{0,2}}{_LEVEL}"
    rf"|按[^，。；！？\n]{{0,8}}{_LEVEL}[^，。；！？\n]{{0,4}}(?:处理|办理|处置|归档|上报)"
    r"|按[^，。；！？\n]{0,8}响应|(?:这条|本单|这单)[^，。；！？\n]{0,4}分给|标红"
    r"|(?:这|本|该)一?(?:单|件|工单)[^，。；！？\n]{0,6}(?:往[高低]|[评定判][高低])"
    rf"|(?:按|当作|当成|视为|归类?为|归入|转为|记为|判为|算作|写成)[^，。；！？\n]{{0,4}}{_KIND}[”\"]?(?:件|类|单|工单|信息)?(?:处理|办理|归档|结案|关闭|登记)"
    rf"|(?:归类?|标|改|设|算)[成为作]\s*[“\"]?{_KIND}"
    r"|(?:以上|以下|上述|本(?:段|条|工单|信息|文|件)|[该此这](?:工单|来电|条信息|段文字))[^，。；！？\n]{0,6}(?:虚构|测试|演练|误报|样例|示例|模拟|小说|无效|作废|用于校验)",
    re.IGNORECASE,
)
"""What rank or kind it should get, and that it be read as nothing. A frightened caller may say so too: only this clause goes."""
_MAY_HOLD = re.compile(
    quick(
        r"[A-Za-z][A-Za-z]{2}|[Aa][Ii]|[Pp][0-3]|[#＃][级类等紧标#]|```|<[|]|提示|指令|批注|命令|备注|忽略|无视|忘[记掉]|跳过|覆盖|作废|特急|紧急|平缓|最高|红色|市民原文|研判|模型|助手"
        r"|人工智能|机器人|分类器|调度员|指挥员|管理员|无限制|评[级高低为成]|程度|等级|级别|优先级|[重先警险]级|风险|类[别型]|工单|摘要|打标|标[签红]|关键[词信]|响应|流转|分给|勾选|处置部门|字段|输出|返回|回复[“\"]"
        r"|回[复答][^，。；！？\n]{0,12}(?:结果|以下|英文|[Oo][Kk])|[要勿得别][判评标][^。！？\n]{0,14}(?:词|警报)"
        r"|重复[以上]|示例|样例|参照|正确答案|校验|测试|规则|新规|最新规定|后台|识别|触发|生成|虚构|演练|误报|模拟|小说|无效|升级|列为|判定结|分类结"
        r"|按|当[作成]|视为|归[类入为成作]|转为|写成|[标改设算记判][成为作]|[往定判][高低]"
    )
)
"""What every order holds something of: one search tells of most texts that there is none."""
_TOLD = re.compile(
    r"我(?:家|们|妈|爸|老|爷|奶|儿|女|婆|孩|在|现在|这[里儿边])|咱|俺|家里|屋[里头]|楼[上下道里]|隔壁|邻居|对面|小区|门口|快来|快派|救[命人]|有人|里[面头]|孩子|老人|刚[才刚]|正在"
)
"""A clause that tells what happens, and to whom."""
_CLAUSE_END = re.compile(r"[，,；;：:。！？!?\n]|\.(?=\s|\Z)")
_SENTENCE_END = "。！？!?；;.\n"
_CLAUSE_SIGN = re.compile("[，,；;：:。！？!?\n]")
_CHINESE = re.compile("[\u4e00-\u9fff，；：。！？\n]")
_TELLING = re.compile(f"(?={_TOLD.pattern})")
_BRACKETS = {"（": "）", "(": ")", "【": "】", "[": "]", "{": "}"}
_WIDEST = 120
"""Characters of a bracket."""


@lru_cache(maxsize=512)
def without_orders(text: str) -> str:
    """The text with every bracket, sentence or clause that gives orders to a machine as FILLER; of the same length.

    Most texts come back as they are. Remembered: intake and grading ask.
    """
    if not _MAY_HOLD.search(text):
        return text
    spans = _spans_of(text)
    pieces: list[str] = []
    at = 0
    for start, end in spans:
        if end > at:
            start = max(start, at)
            pieces += text[at:start], FILLER * (end - start)
            at = end
    return "".join(pieces) + text[at:]


def _spans_of(text: str) -> list[tuple[int, int]]:
    machine, rank = list(_MACHINE.finditer(text)), list(_RANK.finditer(text))
    if not machine and not rank:
        return []
    clauses = _Clauses(text)
    return sorted(
        [_bracket_of(clauses, *match.span()) for match in machine]
        + [clauses.around(*match.span()) for match in rank]
    )


class _Clauses:
    """Where clauses end and what stands in them, looked up: a hostile text may give thousands of orders."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._signs, self._ends, self._chinese, self._told = (
            [match.start() for match in pattern.finditer(text)]
            for pattern in (_CLAUSE_SIGN, _CLAUSE_END, _CHINESE, _TELLING)
        )
        self._walked = (0, -1)

    def around(self, start: int, end: int) -> tuple[int, int]:
        """The clause of what stands there."""
        sign = bisect_left(self._signs, start)
        return self._signs[sign - 1] + 1 if sign else 0, self._end_from(bisect_left(self._ends, end))

    def tells(self, start: int, end: int) -> bool:
        """Whether what happens to somebody is told between the two."""
        told = bisect_left(self._told, start)
        return told < len(self._told) and _TOLD.match(self.text, self._told[told], end) is not None

    def latin_from(self, begin: int, start: int) -> int:
        """Where what is not Chinese begins, of what stands before `start` and not before `begin`."""
        before = bisect_left(self._chinese, start)
        return max(begin, self._chinese[before - 1] + 1 if before else 0)

    def said_until(self, stop: int) -> int:
        """From the end of a clause to that of its sentence, or to a clause that tells what happens."""
        if self._walked[0] <= stop <= self._walked[1]:
            return self._walked[1]
        first, at = stop, bisect_left(self._ends, stop)
        while stop < len(self.text) and self.text[stop] not in _SENTENCE_END:
            at += 1
            after = self._end_from(at)
            if self.tells(stop + 1, after):
                break
            stop = after
        self._walked = first, stop
        return stop

    def _end_from(self, number: int) -> int:
        return self._ends[number] if number < len(self._ends) else len(self.text)


def _bracket_of(clauses: _Clauses, start: int, end: int) -> tuple[int, int]:
    """The bracket around it on its line; without one what is said from its clause on."""
    text = clauses.text
    for at in range(start, max(-1, start - _WIDEST), -1):
        if at < len(text) and text[at] in _BRACKETS:
            closing = text.find(_BRACKETS[text[at]], end, at + _WIDEST)
            return (at, closing + 1) if closing >= 0 else _speech_of(clauses, start, end)
        if text[at : at + 1] == "\n":
            break
    return _speech_of(clauses, start, end)


def _speech_of(clauses: _Clauses, start: int, end: int) -> tuple[int, int]:
    """From the beginning of its clause to the end of the sentence, or to a clause that tells what happens."""
    begin, stop = clauses.around(start, end)
    if clauses.text[start].isascii():
        begin = clauses.latin_from(begin, start)  # what stands before it in Chinese is another's speech
    elif clauses.tells(begin, start):
        begin = start
    return begin, clauses.said_until(stop)
