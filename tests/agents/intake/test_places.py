import pytest

from agents.city import City, District, NamedPlace, Street
from agents.intake.places import find_places, normalize_place
from agents.intake.ticket import Place

CITY = City(
    name="云川市",
    districts=(District("东区", aliases=("东片区",)), District("西区")),
    streets=(Street("文庙街道", "东区", aliases=("文庙办",)), Street("码头街道", "西区")),
    places=(
        NamedPlace("鼓楼新村", "community", "文庙街道", "东区", aliases=("鼓楼村",), lat=30.2, lon=110.7),
        NamedPlace("鼓楼", "site", "码头街道", "西区"),
        NamedPlace("府前路", "road", "文庙街道", "东区"),
        NamedPlace("第二十三中学", "site", "码头街道", "西区", aliases=("二十三中",)),
        NamedPlace("五一花园", "community", "文庙街道", "东区"),
        NamedPlace("五一花园", "community", "码头街道", "西区"),
    ),
)
NOWHERE = City()


def names(text: str, city: City = NOWHERE) -> list[str]:
    return [f"{part.kind}:{part.name}" for part in find_places(Place(), text, city)[1]]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("新华小区停水了", ["community:新华小区"]),
        ("反映新华小区三栋停水", ["community:新华小区", "building:3栋"]),
        ("解放路一百二十号门口积水", ["building:解放路120号", "road:解放路"]),
        ("解放路１２０号门口积水", ["building:解放路120号", "road:解放路"]),
        ("解放路与五一大道路口堵车", ["road:解放路", "road:五一大道"]),
        ("住在翡翠之城的居民", ["community:翡翠之城"]),
        ("中山医院对面的人民公园", ["site:中山医院", "site:人民公园"]),
        ("火车南站附近", ["station:火车南站"]),
        ("大塘村道路损坏", ["community:大塘村"]),
        ("位于安阳镇的工厂", ["street:安阳镇"]),
        ("请问人民路什么时候修", ["road:人民路"]),
    ],
)
def test_places_are_found_by_form_in_an_unknown_city(text: str, expected: list[str]) -> None:
    assert names(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "这条马路坑坑洼洼",
        "303路公交车绕行",
        "我们小区停水",
        "村里没人管",
        "农村道路",
        "网站打不开",
        "公办幼儿园太少",
        "出路在哪里",
        "线路老化",
        "加油站涨价",
        "老旧小区改造",
        "逛街",
        "",
        "〔人1〕住在这个小区",
        "没有思路",
    ],
)
def test_common_nouns_are_no_places(text: str) -> None:
    assert names(text) == []


def test_without_a_gazetteer_the_text_sets_no_district() -> None:
    place, _ = find_places(Place(), "东区文庙街道新华小区停水", NOWHERE)
    assert place == Place()


def test_a_known_estate_fills_in_what_the_platform_leaves_open() -> None:
    place, parts = find_places(Place(), "鼓楼新村停水", CITY)
    assert place == Place(district="东区", street="文庙街道", community="鼓楼新村", lat=30.2, lon=110.7)
    assert [(part.name, part.source) for part in parts] == [("鼓楼新村", "gazetteer")]


def test_a_nick_name_counts_as_the_place_and_is_quoted_as_said() -> None:
    _, parts = find_places(Place(), "我们鼓楼村停水", CITY)
    assert [(part.name, part.said) for part in parts] == [("鼓楼新村", "鼓楼村")]


def test_the_longest_name_wins() -> None:
    assert names("鼓楼新村", CITY) == ["community:鼓楼新村"]
    assert names("鼓楼", CITY) == ["site:鼓楼"]


def test_the_platform_wins_over_the_text() -> None:
    place, _ = find_places(Place(district="西区"), "鼓楼新村停水", CITY)
    assert place == Place(district="西区")


def test_a_road_resolves_to_its_district() -> None:
    assert find_places(Place(), "府前路积水", CITY)[0].district == "东区"


def test_a_street_of_the_platform_resolves_to_its_district() -> None:
    place, parts = find_places(Place(street="文庙办"), "停水", CITY)
    assert (place.district, place.street) == ("东区", "文庙街道")
    assert [(part.kind, part.name, part.said) for part in parts] == [
        ("district", "东区", "东区"),
        ("street", "文庙街道", "文庙办"),
    ]


def test_an_ambiguous_name_decides_nothing_alone() -> None:
    place, parts = find_places(Place(), "五一花园停水", CITY)
    assert place == Place()
    assert [(part.name, part.confidence) for part in parts] == [("五一花园", 0.4)]


def test_an_ambiguous_name_is_told_by_the_district() -> None:
    place, parts = find_places(Place(district="西片", street=None), "五一花园停水", CITY)
    assert place.community is None
    place, parts = find_places(Place(district="西区"), "五一花园停水", CITY)
    assert (place.community, place.street) == ("五一花园", "码头街道")
    assert parts[-1].confidence == 0.8


def test_chinese_and_arabic_numerals_name_one_place() -> None:
    assert names("二十三中门口", CITY) == names("第二十三中学门口", CITY) == ["site:第二十三中学"]


def test_the_platforms_address_is_searched_too() -> None:
    _, parts = find_places(Place(address="府前路8号"), "停水", CITY)
    assert [(part.kind, part.name, part.source) for part in parts] == [
        ("building", "府前路8号", "platform"),
        ("road", "府前路", "platform"),
    ]


def test_an_address_in_latin_letters_is_one_part() -> None:
    _, parts = find_places(Place(address="608  Main AVE"), "", NOWHERE)
    assert [(part.kind, part.name) for part in parts] == [("building", "608 main ave")]


def test_platform_fields_get_one_spelling() -> None:
    said = normalize_place(district=" 东区 ", address="解放路１２号三栋", street="", lat=0.0, lon=0.0)
    assert said == Place(district="东区", address="解放路12号3栋")


def test_half_a_coordinate_is_none() -> None:
    assert normalize_place(lat=30.0) == Place()


def test_every_part_is_said_in_the_text() -> None:
    text = "鼓楼村３栋和府前路十二号、翡翠之城停水"
    for part in find_places(Place(), text, CITY)[1]:
        assert part.said in text


def test_parts_are_bounded() -> None:
    text = "，".join(f"{a}{b}小区" for a in "东南西北中" for b in "江河湖海山")
    assert len(find_places(Place(), text, NOWHERE)[1]) == 16


@pytest.mark.parametrize("nothing", ["不详", " 未提供 ", "无", "－", "N/A", "null"])
def test_what_stands_for_an_empty_field_is_no_place(nothing: str) -> None:
    said = normalize_place(None, "城东区", nothing, nothing, nothing)
    assert (said.district, said.street, said.community, said.address) == ("城东区", None, None, None)
    assert [part.kind for part in find_places(said, "停水了", City())[1]] == ["district"]
