"""Twenty-one made-up tickets of one spring, as documents."""

# Tables read by rows.
# ruff: noqa: E501

from datetime import datetime, timedelta, timezone
from typing import Any

from indexing.analysis import tidy
from indexing.index import Document

CHINA = timezone(timedelta(hours=8))

# id, local time, district, unit, category, urgency, status, problem, hazards, title, content
_ROWS: tuple[tuple[str, str, str, str, str, str, str, str, str, str, str], ...] = (
    ("T01", "2024-03-01T08:05:00", "临江区", "市水务集团", "供水", "urgent", "open", "p-water", "", "新华小区停水", "新华小区３号楼从昨晚开始停水，两天了没人管。"),
    ("T02", "2024-03-01T08:40:00", "临江区", "市水务集团", "供水", "urgent", "open", "p-water", "", "没水", "我们新华小区没水，老人没法做饭，物业说不知道。"),
    ("T03", "2024-03-01T23:59:59", "临江区", "市水务集团", "供水", "urgent", "closed", "p-water", "", "停水通知", "小区停水没有提前通知，停水两天影响3.5万户居民。"),
    ("T04", "2024-03-02T00:00:00", "临江区", "城管局", "噪音", "normal", "open", "", "", "KTV扰民", "楼下“金嗓子”KTV每天凌晨两点还在唱歌，噪音扰民，打过三次电话。"),
    ("T05", "2024-03-02T22:10:00", "临江区", "城管局", "噪音", "normal", "closed", "", "", "夜间施工", "新华路工地夜间施工噪音大，孩子睡不着。"),
    ("T06", "2024-03-03T09:00:00", "北湖区", "住建局", "燃气", "critical", "open", "", "gas_leak", "闻到煤气味", "北湖花园５栋楼道里有很浓的煤气味，怀疑燃气泄漏！"),
    ("T07", "2024-03-03T09:06:00", "北湖区", "住建局", "燃气", "critical", "open", "", "gas_leak,fire", "燃气泄漏", "北湖花园燃气泄漏，有人在楼道抽烟，怕着火。"),
    ("T08", "2024-03-04T07:30:00", "北湖区", "路灯所", "路灯", "low", "open", "p-light", "", "路灯不亮", "学府路的路灯都不亮，晚上走路很黑。"),
    ("T09", "2024-03-10T19:30:00", "北湖区", "路灯所", "路灯", "low", "closed", "p-light", "", "路灯坏了", "学府路12号门口路灯坏了一个月，修了又坏。"),
    ("T10", "2024-03-11T00:30:00", "北湖区", "路灯所", "路灯", "low", "open", "p-light", "", "灯", "灯不亮"),
    ("T11", "2024-03-31T23:30:00", "临江区", "人社局", "欠薪", "urgent", "open", "", "", "拖欠工资", "工地拖欠我们二十多个工人三个月工资，老板电话不接。"),
    ("T12", "2024-04-01T00:10:00", "临江区", "人社局", "欠薪", "urgent", "open", "", "", "讨薪", "包工头跑了，工资没结，大家准备去政府门口。"),
    ("T13", "2024-04-02T10:00:00", "南山县", "水利局", "内涝", "normal", "open", "p-flood", "", "下雨积水", "中心小学门口一下雨就积水，年年如此，学生要淌水。"),
    ("T14", "2024-04-02T10:20:00", "南山县", "水利局", "内涝", "normal", "open", "p-flood", "", "积水没人修", "中心小学前面的路积水半米，去年也反映过。"),
    ("T15", "2024-04-03T11:00:00", "南山县", "交警大队", "交通", "normal", "open", "", "", "红绿灯时间太短", "人民路口红绿灯时间太短，老人过不去，投诉编号A-1024。"),
    ("T16", "2024-04-04T12:00:00", "南山县", "市场监管局", "食品", "urgent", "open", "", "poisoning", "食堂吃坏肚子", "厂里食堂吃完饭十几个人拉肚子，怀疑食物中毒。"),
    ("T17", "2024-04-05T13:00:00", "南山县", "教育局", "教育", "normal", "open", "", "", "补课收费", "初三补课违规收费，每人2,400元，家长不敢说。"),
    ("T18", "2024-04-06T14:00:00", "北湖区", "环卫所", "垃圾", "low", "closed", "", "", "垃圾没人收", "菜市场后面垃圾堆成山，苍蝇很多，臭气熏天。"),
    ("T19", "2024-05-01T15:00:00", "北湖区", "物业办", "电梯", "urgent", "open", "", "trapped", "电梯困人", "１２号楼电梯又困人了，一个孩子关了二十分钟。"),
    ("T20", "2024-05-01T15:30:00", "", "", "表扬", "low", "open", "", "", "感谢民警", "丢了手机，派出所民警帮我找回来了，谢谢！"),
    ("T21", "2024-05-06T00:00:00", "临江区", "网络办", "通信", "low", "open", "", "", "宽带慢", "5G基站拆了以后wifi和Ｗｉ－Ｆｉ都慢，don't work，邮箱a_b@example.com。"),
)  # fmt: skip


def ticket(row: tuple[str, ...], version: int = 10) -> Document:
    id, at, district, unit, category, urgency, status, problem, hazards, title, content = row
    body: dict[str, Any] = {
        "ticket_id": id,
        "created_at": datetime.fromisoformat(at).replace(tzinfo=CHINA).isoformat(),
        "title": tidy(title),
        "content": tidy(content),
        "category": category,
        "urgency": urgency,
        "status": status,
    }
    if district:
        body |= {"district": district, "unit": unit, "units": [unit, "热线中心"]}
    if problem:
        body["problem_id"] = problem
    if hazards:
        body["hazards"] = hazards.split(",")
    if status == "closed":
        body["replies"] = [f"已转{unit}处理完毕", "请耐心等待"]
    return Document("tickets", id, version, body)


NOTES = tuple(ticket(row) for row in _ROWS)
