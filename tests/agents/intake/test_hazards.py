"""Danger rules: what is a danger now, and what only sounds like one. All sentences are our own."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.city import City
from agents.intake.hazards import MAX_QUOTE, find_hazards, title_of

CITY = City(name="test", version="hazards-test")

CRITICAL = """
喂你好，我们楼道里煤气味特别大，呛得人受不了，你们快派人来
隔壁施工把天然气管道挖断了，呲呲往外冒气
厨房闻到一股煤气味，关了阀门还有
燃气管漏气，整个单元都能闻到
老人在家一氧化碳中毒，叫不醒
三号楼五楼着火啦，窗户往外冒火
我家楼下电动车起火了，烟都进楼道了
仓库冒黑烟，烧得噼里啪啦的
昨晚十点多，城北一家具厂突发大火，火势蔓延迅速
山上起了山火，火线离村子不到一公里
4月2日凌晨，某市一居民楼发生火灾，多人被困
饭店后厨爆燃，玻璃都震碎了
今天上午某厂房发生爆炸,致3人受伤
工业园里一声巨响，一个车间爆炸了
7时20分许，某煤矿发生瓦斯爆炸事故，井下有28人
某某镇一在建楼房突然坍塌，数名工人被埋
我们村后山滑坡了，山体滑坡把路埋了
人行道突然塌陷出一个大坑，一个人掉下去了
围墙刚刚倒塌了，压到人了
大树倒了压在电线上面
工地脚手架倒了，下面有人
高压线断了掉在路上，还在冒火花
路灯杆漏电，小孩手一摸就麻
有人触电倒在水里了，快点
电线杆倒在路中间，电线拖在地上
窨井盖被偷了，一位老太太掉进去了
一个骑车的掉进下水道了
电梯卡在七楼，里面困了三个人，其中一个孕妇
我被关在电梯里了，半小时了没人来
有小孩掉河里了，快救人
车子陷在涵洞里，人困在车里出不来
洪水把村子围了，有二十多户被困
水库边有个学生溺水，还没捞上来
学校食堂吃完饭，四十多个学生上吐下泻
某中学发生疑似食物中毒事件，百余名学生送医
工厂聚餐后二十几名工人腹痛呕吐住院
有人往水井里投毒
化工厂氨气泄漏，眼睛睁不开
一辆油罐车侧翻，汽油流了一地
冷库液氨泄漏，附近居民正在疏散
我真的不想活了，活着没意思
有个男的站在楼顶要跳楼，你们快报警
她说吃了一瓶安眠药，想自杀
我就在桥上，准备跳江，跟你们说一声
隔壁有人持刀砍人，满地是血
小区里两伙人打群架，有人拿刀
有人拿菜刀追着邻居砍
他正在家里家暴，打得头破血流
某市火车站发生恐怖袭击，造成多人死伤
一名男子劫持了一名女子，手里有匕首
3月5日，某市一客车与货车相撞，造成12人死亡
一辆大巴冲出护栏坠崖，已有9人遇难，20余人受伤
工人从高空坠落身亡
有个老人晕倒在公交站，没有呼吸
一渔船沉没，6人失踪
新华社消息：北京时间14时28分，某县发生7.8级地震
据地震台网测定，某地发生5.1级地震，震感强烈
山洪暴发，桥被冲断了
水淹到腰了，一楼的老人转移不出来
大水漫过河堤，河水倒灌进村
几百名业主聚集在售楼部门口，把路堵了
工人拉横幅堵路讨薪，快要打起来了
政府门口有一百多人静坐
小区大门被上百人围堵，双方推搡
There is a strong smell of gas in the hallway
House fire at 12 Main Street, smoke coming from windows
Part of the building collapsed onto the sidewalk
Downed wire sparking in the road
HCD-Building Collapse
FIR-Gas Leak
那个，喂，我跟你讲啊，就是我们这栋楼，呃，五楼那家，好像是着火了，烟特别大
同志，那个啥，电梯里头，我孩子，孩子被困在里头了呀
我闻着吧，好像是煤气漏了，头有点晕
""".strip().split("\n")

URGENT = """
小区门口井盖没了，黑乎乎一个洞
我们整个小区停水了，从早上到现在一滴水都没有
阳光花园又停电了，冰箱里东西全坏了
已经停水三天了，老人小孩没水喝
自来水管爆裂，水流得满街都是，家家没水
全村停电，变压器跳了没人修
暖气停了两天了，家里只有10度
化粪池满了，粪水外溢到一楼住户家里
下水道污水倒灌到厨房了
几十个工人工资没发，说今天再不给就去堵门
工地拖欠五十多名农民工工资，大家没钱吃饭
幼儿园停水，孩子们没法上厕所
医院停电了，只能靠发电机
小区外墙瓷砖掉下来砸到车了
围墙倾斜得厉害，随时可能倒
电梯坏了五天，十八楼的老人下不来
学校里好几个孩子得了手足口病
路口两车相撞，司机头上流血
我妈透析的药断药了，买不到药
疯狗在小区咬人
WW-Water No Water
WW-Sewer Water In Basement
Power outage on the whole block
楼道着火，已经扑灭，请来查原因
昨晚的火灾已被扑灭，烧掉两间房
""".strip().split("\n")

HARMLESS = """
请问燃气怎么开户，需要什么材料
咨询天然气安装费是多少钱
会不会着火啊，我看电线老化很担心
万一爆炸了谁负责
如果发生火灾，消防车根本进不来
消防通道被占，一旦着火后果不堪设想
建议加装护栏，防止孩子坠楼
希望定期检查燃气管道，避免煤气泄漏
没有着火，是邻居在做饭
经核实并未发生爆炸
办个证跑了五趟，急死了
他们这态度真是气炸了
这家店生意火爆，天天排长队，噪音扰民
我真是笑死，这也叫办结
业主群都炸锅了，要求物业解释
停车场爆满，没地方停
老百姓生活在水深火热之中
最近这首广场舞曲火了，天天放
累死了，跑了一天也没办成
2008年发生火灾，至今没有赔偿
去年夏天这里淹过水，地下室进水
三年前我父亲在工地触电
以前这里发生过车祸，建议装红绿灯
小时候村里有人落水
社区昨天组织消防演练，模拟起火
咨询地震应急预案在哪里下载
消防安全知识讲座什么时候开
火车站出租车拒载
火锅店油烟扰民
烟花爆竹什么时候可以放
灭火器过期了物业不换
小区安全隐患多，火灾隐患严重
井盖松动，车一过就咣当响
个人信息泄露，天天接到推销电话
楼盘跳楼价甩卖，虚假宣传
健身房跑路了，不退款
感谢消防员及时扑灭大火，救了我们一家
表扬民警跳河救人，救起落水老人
小区经常停水，希望改造管网
路灯不亮，晚上走路不方便
夜间施工噪音扰民，睡不着
物业费涨价不合理
孩子上学学区怎么划分
我家没有电梯，希望加装
没有水表怎么报装
公交车等了四十分钟
手机没电了，充电宝还不了
垃圾堆成山没人清
楼上漏水把我家天花板泡了
退休工资怎么计算
希望尽快修好这条烂路
广告牌太亮，影响休息
咨询工伤死亡赔偿标准
单位爆料说要裁员
隔壁装修吵死了
他们像土匪一样，简直要命
电费怎么突然变高了
BGE-StLight(s) Out
SW-Bulk Scheduled
TRM-Pothole Repair
FIR-Fire Smoke Alarm Installation Request
HLTH-Animal Barking Dog
Please fix the pothole on Oak street
担心漏电，请派人检查一下线路
现在骗子太多，信息爆炸的时代防不胜防
对学校的处理表示质疑，请公开贫困人口名单
""".strip().split("\n")


CALM_AND_REAL = [
    # by force, but what is forced is a thing
    ("饭店把排烟管子强行安装在我们楼道外墙上，业主都不同意", "几个男的踹门进来，强行把我女儿拖走，她一直哭"),
    ("施工队强行铺水管，把村民的菜地都占了", "他强行闯进来打人，拿着钢管，我妈头上都是血"),
    # months old
    ("村口的桥垮塌大半年了，学生上学要绕五里路，请安排重修", "村口的桥刚才垮塌了，有人掉下去了"),
    ("围墙倒塌已经三个多月，没有人来修", "建了三十年的围墙倒塌了，压着两个学生"),
    ("隔壁那间铺子着火，至今已经两年，墙还是黑的", "隔壁那间铺子着火了，三年级的孩子还在里面"),
    # the papers of a case
    (
        "反映住房火灾善后的事。电线短路引起火灾，消防大队出了认定书，赔偿没有着落",
        "今天电线短路引起火灾，火还没灭，快来人",
    ),
    # a building that hangs has not fallen
    ("店家往下挖地基，楼上的厢房都悬空了", "路面塌了一块，公交车前轮悬空，车上都是人"),
    # exhaust
    ("新城货车太多，有的货车浓烟滚滚，也没有人查", "高架上一辆货车浓烟滚滚，司机还在驾驶室里"),
    ("很多老旧公交车冒黑烟，味道很大", "公交车发动机着火了，冒黑烟，乘客正往下跳"),
    # words that only hold a danger's word
    ("车辆年审本来是为了安全着想，现在变成了收费", "年审的检测线上一辆车着火了，火越来越大"),
    # supposed, needed for, not proved
    ("试想，哪天锅炉发生爆炸，铁路也要停", "锅炉发生爆炸，工人被炸伤了"),
    ("考虑到火灾供水需要，消防管道的间距应当符合规范", "消防管道没水，火灾现场有人被困，火势很大"),
    ("群里传城东商场着火，有待核实，想问交房手续", "城东商场着火了，群里都在传，我在对面看见火苗"),
    # a plea is no rescue
    ("三个月没下雨，请领导快救救我们的果园和庄稼", "快来救救我们，水淹到二楼了，老人孩子都在"),
    ("市场快倒闭了，请政府救救我们这些商户的企业", "快救救我孩子，他晕倒了不会动"),
    # a fall in rank, a load, a proposal
    ("我们区不要从龙头掉到队伍的末尾水平，尽快开发沿江路", "孩子掉到河里了，只露个头"),
    ("幼儿园老师任务重，大家被检查压得喘不过气", "我爸捂着胸口喘不过气，脸发紫"),
    ("天太热，很多市民都会中暑、昏厥，洒水车能不能多跑几趟", "工地上老李中暑昏倒了，叫不醒，救护车还没来"),
    # nearly hit
    ("外墙瓷砖掉下来，差点砸到人，请派人来修", "外墙瓷砖掉下来，砸到一个老人，头上流血"),
    ("楼顶的铁皮掉下来差点砸死人", "楼顶的铁皮掉下来砸死人了"),
]


@pytest.mark.parametrize("text", CRITICAL)
def test_a_danger_to_life_is_critical(text: str) -> None:
    found = find_hazards(text, CITY)
    assert found and found[0].level == "critical", found


@pytest.mark.parametrize("text", URGENT)
def test_harm_within_a_day_is_urgent(text: str) -> None:
    found = find_hazards(text, CITY)
    assert found and found[0].level == "urgent", found


@pytest.mark.parametrize("text", HARMLESS)
def test_what_only_sounds_dangerous_is_no_hazard(text: str) -> None:
    assert find_hazards(text, CITY) == ()


@pytest.mark.parametrize(("calm", "real"), CALM_AND_REAL)
def test_the_same_words_are_critical_only_where_the_danger_is_real(calm: str, real: str) -> None:
    assert "critical" not in [hazard.level for hazard in find_hazards(calm, CITY)]
    assert "critical" in [hazard.level for hazard in find_hazards(real, CITY)]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("厨房里煤气味很重", "gas_leak"),
        ("隔壁着火了", "fire"),
        ("有人喊要跳楼", "self_harm"),
        ("路灯杆漏电，小孩被电到", "live_wire"),
        ("几十名工人拉横幅", "crowd"),
        ("整栋楼停水", "water_outage"),
    ],
)
def test_a_danger_has_its_name_and_a_title(text: str, name: str) -> None:
    assert name in [hazard.name for hazard in find_hazards(text, CITY)]
    assert title_of(name, CITY) != name


def test_a_fire_told_as_put_out_is_urgent_not_critical() -> None:
    assert [h.level for h in find_hazards("楼下着火了", CITY)] == ["critical"]
    assert [h.level for h in find_hazards("楼下着火了，已经扑灭", CITY)] == ["urgent"]


def test_an_urgent_danger_told_as_over_is_none() -> None:
    assert find_hazards("昨天小区停水，现在已经恢复了", CITY) == ()


def test_long_ago_is_void_but_today_is_not() -> None:
    assert find_hazards("2015年这里发生火灾", CITY) == ()
    assert find_hazards("2015年装修的房子今天着火了", CITY) != ()


def test_what_lasts_may_be_months_old() -> None:
    assert find_hazards("燃气管漏气三个月了，没人来修", CITY)[0].level == "critical"
    assert find_hazards("我被他们囚禁三个月了，救救我", CITY)[0].level == "critical"
    assert find_hazards("地下的煤堆着火三个月了，还在烧", CITY)[0].level == "critical"


def test_the_papers_of_an_old_case_do_not_hide_what_happens_now() -> None:
    assert find_hazards("上回的火灾认定书还没有拿到，现在楼上又着火了", CITY)[0].level == "critical"


def test_one_denied_danger_does_not_hide_another() -> None:
    found = find_hazards("没有人员伤亡，但是墙倒塌了，压住了电线", CITY)
    assert "collapse" in [hazard.name for hazard in found]


def test_a_danger_in_passing_of_a_long_appeal_is_a_step_lower() -> None:
    filler = (
        "我们小区的物业服务一直不好，绿化没有人管，门禁坏了也不修，楼道里堆满了杂物，收费却一年比一年高。" * 6
    )
    text = f"投诉物业\n{filler}电梯里曾困住老人，有业主被困在里面。{filler}"
    assert [h.level for h in find_hazards(text, CITY)] in ([], ["urgent"])
    assert find_hazards(f"有业主被困在电梯里\n{filler}", CITY)[0].level == "critical"


@pytest.mark.parametrize(
    ("one", "many"),
    [
        ("家里没水用，怎么报修", "家里没水用，整栋楼都没有"),
        ("我家停水了，隔壁有水", "我家停水三天了"),
        ("家里没电，推闸也推不上", "家里没电，老伴靠制氧机，请快点"),
        ("我家暖气不热，只有十七度", "暖气不热，家里有九十岁的老人，冻病了"),
        ("突然停电，不知道是不是欠费", "突然停电，电梯也停了，整个小区都黑了"),
        ("自来水发黄，放一会儿就好", "自来水发黄，我们几栋楼都不敢喝"),
    ],
)
def test_an_outage_is_urgent_where_it_hits_many_the_weak_or_lasts(one: str, many: str) -> None:
    assert find_hazards(one, CITY) == ()
    assert "urgent" in {hazard.level for hazard in find_hazards(many, CITY)}


def test_critical_stands_before_urgent() -> None:
    found = find_hazards("小区停水了，楼上又着火了", CITY)
    assert [(h.name, h.level) for h in found] == [("fire", "critical"), ("water_outage", "urgent")]


def test_the_city_can_add_a_danger_of_its_own() -> None:
    own = {"hazards": {"hazards": {"dam": {"title": "尾矿库险情", "level": "critical", "words": ["尾矿库"]}}}}
    city = City(name="own", version="own-1", lexicon=own)
    assert [h.name for h in find_hazards("尾矿库的事想问一下", city)] == ["dam"]
    assert find_hazards("尾矿库的事想问一下", CITY) == ()


@pytest.mark.parametrize(
    ("table", "named"),
    [
        ({"level": "high", "words": ["尾矿库"]}, "hazards.dam"),
        ({"level": "urgent", "words": ["库"]}, "dam"),
        ({"level": "urgent", "near": [{"subject": ["尾矿"], "state": "(", "reach": 3}]}, "dam"),
    ],
)
def test_a_wrong_table_is_named(table: dict[str, object], named: str) -> None:
    city = City(name="wrong", version=str(table), lexicon={"hazards": {"hazards": {"dam": table}}})
    with pytest.raises(ValueError, match=named):
        find_hazards("任何文字", city)


_PIECES = [
    "着火了",
    "没有",
    "，",
    "。",
    "2008年",
    "煤气味",
    "已经扑灭",
    "停水",
    "小区",
    "İ",
    "会不会",
    "leak",
    " ",
    "\n",
    "爆炸",
]


@settings(max_examples=50)
@given(st.lists(st.sampled_from(_PIECES), max_size=60).map("".join))
def test_every_quote_is_a_short_verbatim_span(text: str) -> None:
    for hazard in find_hazards(text, CITY):
        assert hazard.quote in text
        assert 0 < len(hazard.quote) <= MAX_QUOTE


def test_a_very_long_text_without_sentence_ends_is_read_to_its_end() -> None:
    assert find_hazards("停在路边的电动车电梯里的电线" * 1400 + "，着火了，浓烟滚滚", CITY) != ()


@pytest.mark.parametrize(
    "text",
    [
        "4号楼2单元自来水断了，到现在没恢复",
        "我家水龙头一滴水都没有，请派人看看",
        "家里暖气突然停了，有个老人",
        "我是花园里的居民，我家没电",
        "化粪池满了，脏水流到马路上",
    ],
)
def test_an_address_is_not_many_and_dirty_water_outside_is_not_in_homes(text: str) -> None:
    assert find_hazards(text, CITY) == ()


@pytest.mark.parametrize(
    "text", ["厨房燃气管漏气，味道特别大", "隔壁火苗都上墙了，你们让他给我道歉", "他说不想活了，投诉你们没用"]
)
def test_what_is_told_plainly_is_not_doubted_for_calm_words(text: str) -> None:
    assert find_hazards(text, CITY)[0].level == "critical"
