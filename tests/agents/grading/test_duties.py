"""Who is in charge: by an item of the catalogue, with a warning where the power is missing."""

from datetime import UTC, datetime

import pytest

from agents.city import City, Duty, Unit
from agents.grading.duties import propose_unit
from agents.intake.ticket import Place, Ticket

AT = datetime(2026, 7, 1, 8, tzinfo=UTC)
CITY = City(
    name="duties",
    units=(Unit("幸福苑", "community"), Unit("东城区城管局", "district", "东城区")),
    duties=(
        Duty("S-01", "供水抢修", "供水", ("停水", "水管"), "市水务集团", "供水条例第5条"),
        Duty("C-02", "违法建设查处", "占道与违建", ("违建", "搭建"), "{district}城管局", "城乡规划法", True),
        Duty("C-03", "楼道堆物劝导", "物业", ("楼道堆物",), "幸福苑", "社区公约", True),
        Duty("C-04", "街面保洁", "市容环卫", ("保洁",), "{street}环卫所", "市容条例"),
    ),
)


def ticket(content: str, unit: str | None = None, district: str | None = "东城区") -> Ticket:
    return Ticket(
        ticket_id="t1",
        revision=1,
        edition=1,
        updated_at=AT,
        trigger_at=AT,
        content=content,
        unit=unit,
        place=Place(district=district),
    )


@pytest.mark.parametrize(
    ("content", "category", "unit", "item"),
    [
        ("小区停水", "供水", "市水务集团", "S-01 供水抢修"),
        ("楼顶有违建", "占道与违建", "东城区城管局", "C-02 违法建设查处"),
        ("水管漏了", "other", "市水务集团", "S-01 供水抢修"),
    ],
)
def test_the_best_fitting_item_names_the_unit(content: str, category: str, unit: str, item: str) -> None:
    found = propose_unit(ticket(content), "", category, CITY)
    assert found is not None
    assert (found.unit, found.item) == (unit, item)
    assert 0 < found.confidence <= 0.9


def test_no_item_means_no_proposal() -> None:
    assert propose_unit(ticket("公交不来"), "公交线路", "公共交通", CITY) is None
    assert propose_unit(ticket("小区停水"), "小区停水", "供水", City()) is None


def test_a_unit_of_an_unknown_place_is_not_made_up() -> None:
    assert propose_unit(ticket("楼顶有违建", district=None), "", "占道与违建", CITY) is None
    assert propose_unit(ticket("没人保洁"), "", "市容环卫", CITY) is None


@pytest.mark.parametrize("holder", ["幸福苑", "红旗社区", "向阳居委会"])
def test_a_community_holding_an_enforcement_item_is_warned_of(holder: str) -> None:
    found = propose_unit(ticket("楼顶有违建", unit=holder), "", "占道与违建", CITY)
    assert found is not None and found.warning is not None
    assert holder in found.warning


def test_a_proposed_community_is_warned_of_too() -> None:
    found = propose_unit(ticket("楼道堆物"), "", "物业", CITY)
    assert found is not None and found.warning is not None


def test_a_unit_with_power_gets_no_warning() -> None:
    found = propose_unit(ticket("楼顶有违建", unit="东城区城管局"), "", "占道与违建", CITY)
    assert found is not None and found.warning is None
    plain = propose_unit(ticket("小区停水", unit="红旗社区"), "", "供水", CITY)
    assert plain is not None and plain.warning is None


def test_the_reason_says_only_what_is_true() -> None:
    by_matter = propose_unit(ticket("家里一滴都没有了"), "小区停水", "供水", CITY)
    assert by_matter is not None and by_matter.reason.startswith("事项为「小区停水」")
    by_category = propose_unit(ticket("龙头坏了"), "", "供水", CITY)
    assert by_category is not None and by_category.reason.startswith("类别为「供水」，文中没有目录事项的用语")
    by_words = propose_unit(ticket("水管漏了"), "", "供水", CITY)
    assert by_words is not None and by_category.confidence < by_words.confidence


def test_no_other_unit_stands_in_where_the_best_ones_place_is_unknown() -> None:
    duties = (*CITY.duties, Duty("C-09", "违建信息汇总", "占道与违建", (), "市城管局", ""))
    city = City(name="stand-in", units=CITY.units, duties=duties)
    assert propose_unit(ticket("楼顶有违建", district=None), "", "占道与违建", city) is None


def test_items_of_many_units_leave_the_category_without_a_proposal() -> None:
    many = tuple(Duty(f"W-{n}", "水事", "供水", ("闸阀",), f"第{n}家", "") for n in range(3))
    assert propose_unit(ticket("水的事"), "", "供水", City(name="many", duties=many)) is None


def test_a_unit_with_less_than_half_of_a_category_is_not_named_by_it() -> None:
    units = ("甲局", "甲局", "乙局", "丙局", "丁局")
    duties = tuple(
        Duty(f"S-{n}", f"事项{n}", "杂项", (f"词语{n}",), unit, "条例") for n, unit in enumerate(units)
    )
    assert propose_unit(ticket("没有提到的事"), "", "杂项", City(name="many", duties=duties)) is None
    found = propose_unit(ticket("没有提到的事"), "", "杂项", City(name="fewer", duties=duties[:4]))
    assert found is not None and found.unit == "甲局"


def test_of_equal_items_the_one_the_text_speaks_of_is_named() -> None:
    found = propose_unit(ticket("楼道堆物多，楼道堆物久"), "", "供水", CITY)
    assert found is not None and found.item == "C-03 楼道堆物劝导"


def test_a_word_inside_of_another_names_no_item() -> None:
    duties = (Duty("L-1", "加班监察", "劳动与工资", ("加班",), "市人社局", ""),)
    city = City(name="inside", duties=duties)
    assert propose_unit(ticket("早高峰请增加班次"), "", "公共交通", city) is None


def test_equal_items_choose_the_earlier_one() -> None:
    twice = City(
        name="twice", duties=(*CITY.duties[:1], Duty("S-99", "再一个", "供水", ("停水", "水管"), "别家", ""))
    )
    found = propose_unit(ticket("停水"), "", "供水", twice)
    assert found is not None and found.unit == "市水务集团"


TERRITORY = City(
    name="territory",
    units=(Unit("城关街道", "street"), Unit("东城区城管局", "district", "东城区")),
    duties=(
        Duty("P-01", "小广告清理", "户外广告", ("小广告",), "{street}便民服务中心", "市容条例第17条"),
        Duty("C-02", "违法建设查处", "占道与违建", ("违建", "搭建"), "{district}城管局", "城乡规划法", True),
        Duty("C-05", "违建劝导", "占道与违建", ("违建",), "城管支队", "公约", False),
    ),
)


def test_the_reason_tells_the_words_and_the_item() -> None:
    found = propose_unit(ticket("水管漏了"), "", "供水", CITY)
    assert found is not None
    assert "“水管”" in found.reason and "供水抢修" in found.reason
    assert found.basis == "供水条例第5条" and not found.territorial


def test_a_place_is_in_charge_only_where_an_item_says_so() -> None:
    made = ticket("楼道小广告")
    made = made.model_copy(update={"place": Place(district="东城区", street="城关街道")})
    found = propose_unit(made, "", "户外广告", TERRITORY)
    assert found is not None and found.territorial
    assert "属地" in found.reason and "市容条例第17条" in found.reason
    assert propose_unit(made, "", "other", City(units=TERRITORY.units)) is None


@pytest.mark.parametrize("holder", ["城关街道", "红旗街道办事处", "河口镇政府", "幸福社区"])
def test_a_street_or_community_holding_an_enforcement_item_is_warned_of(holder: str) -> None:
    found = propose_unit(ticket("楼顶搭建", unit=holder), "", "占道与违建", TERRITORY)
    assert found is not None and found.warning is not None
    assert holder in found.warning and "没有执法权" in found.warning


def test_a_rival_item_of_another_unit_costs_confidence() -> None:
    alone = propose_unit(ticket("楼顶搭建"), "", "占道与违建", TERRITORY)
    rivals = propose_unit(ticket("楼顶违建"), "", "占道与违建", TERRITORY)
    assert alone is not None and rivals is not None
    assert rivals.confidence < alone.confidence
