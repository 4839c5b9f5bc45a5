"""A city's folder: what is read, and how each mistake is told."""

import shutil
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from agents.city import City, words
from agents.notifying.roster import on_duty
from weisu.city_files import CityError
from weisu.city_folder import load_city
from weisu.settings import Settings
from weisu.wiring import working_city

EXAMPLE = Path(__file__).resolve().parents[2] / "weisu" / "example_city"

SMALL = {
    "city.toml": (
        'name = "小城"\nutc_offset = "+08:00"\n\n[thresholds]\nalerts_per_day = 2\ncool_down_hours = 12\n'
    ),
    "districts.csv": "name,aliases,population\n东区,东片,1000\n西区,,500\n",
    "streets.csv": "name,district,aliases,population\n河街道,东区,河办,400\n山镇,西区,,300\n",
    "places.csv": (
        "name,kind,street,district,aliases,lat,lon\n"
        "柳园小区,community,河街道,东区,柳园|老柳园,30.1,110.2\n"
        "山脚村,community,山镇,西区,,,\n"
    ),
    "categories.toml": '[[category]]\nkey = "供水"\npath = ["市政", "供水"]\nwords = ["水管"]\n',
    "units.csv": "name,level,district\n水务局,city,\n",
    "duties.csv": (
        "item,title,category,words,unit,basis,enforcement\n"
        "1,抢修,供水,爆管|漏水,水务局,示例条例,no\n2,查处,供水,偷水,{district}城管局,示例条例,yes\n"
    ),
    "clocks.toml": "[critical]\naccept_minutes = 20\nsolve_hours = 2\n",
    "roster.csv": (
        "name,role,shift,districts,channels\n甲,duty,08:00-20:00,,wecom|mail\n乙,duty,20:00-08:00,,\n"
    ),
    "lexicon/local.toml": 'words = ["土话"]\n',
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in SMALL.items():
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return tmp_path


@pytest.fixture
def complain(folder: Path) -> Callable[..., tuple[str, ...]]:
    """Writes one file anew and returns what load_city complains of."""

    def told(name: str, text: str | bytes) -> tuple[str, ...]:
        (folder / name).write_bytes(text.encode() if isinstance(text, str) else text)
        with pytest.raises(CityError) as raised:
            load_city(folder)
        return raised.value.problems

    return told


def test_example_city_is_complete() -> None:
    city = load_city(EXAMPLE)
    counts = [len(x) for x in (city.districts, city.streets, city.places, city.categories, city.duties)]
    assert counts == [8, 50, 416, 40, 83]
    assert {clock.urgency for clock in city.clocks} == {"critical", "urgent", "normal", "low"}
    assert all(place.lat and place.lon for place in city.places)
    assert {duty.category for duty in city.duties} == {category.key for category in city.categories}


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("hazards", '[hazards.flood]\nlevel = "mega"', "hazards.flood"),
        ("hazards", '[hazards.gas_leak]\nexcludes = "("', "gas_leak"),
        ("hazards", "hazards = 5", "AttributeError"),
        ("matters", '[matters."停水"]\nwords = 5', "KeyError"),
        ("alarm", 'bias = "x"', "TypeError"),
    ],
)
def test_a_word_list_that_cannot_be_used_is_named_before_the_first_ticket(
    folder: Path, name: str, text: str, said: str
) -> None:
    (folder / "lexicon" / f"{name}.toml").write_text(text, encoding="utf-8")
    with pytest.raises(CityError) as raised:
        working_city(Settings(city=folder))
    (problem,) = raised.value.problems
    assert problem.startswith(f"lexicon/{name}.toml: ") and said in problem


def test_word_lists_that_can_be_used_are_no_fault(folder: Path) -> None:
    assert working_city(Settings(city=folder)).name == "小城"


@pytest.mark.parametrize("shift", ["8:00-24:00", "24:00-8:00", "00:00-24:00"])
def test_a_shift_that_passes_the_check_can_be_asked_for_who_is_on_duty(folder: Path, shift: str) -> None:
    (folder / "roster.csv").write_text(
        f"name,role,shift,districts,channels\n甲,duty,{shift},,a\n乙,duty,00:00-00:00,,b\n", encoding="utf-8"
    )
    roster = load_city(folder).roster
    names = [officer.name for officer in on_duty(roster, datetime(2026, 3, 2, 23, 59), "")]
    assert names == (["乙"] if shift == "24:00-8:00" else ["甲", "乙"])


def test_a_file_that_cannot_be_read_is_named(folder: Path) -> None:
    (folder / "streets.csv").unlink()
    (folder / "streets.csv").symlink_to("/proc/self/mem")  # opens, and fails at the first byte, for root too
    with pytest.raises(CityError) as raised:
        load_city(folder)
    assert raised.value.problems[0].startswith("streets.csv: 无法读取")


def test_small_city_is_read_as_written(folder: Path) -> None:
    city = load_city(folder)
    assert city.places[0].aliases == ("柳园", "老柳园")
    assert (city.places[0].lat, city.places[1].lat) == (30.1, None)
    assert city.utc_offset is not None and city.utc_offset.utcoffset(None) == timedelta(hours=8)
    assert (city.thresholds.alerts_per_day, city.thresholds.cool_down) == (2.0, timedelta(hours=12))
    assert city.thresholds.reporters == City().thresholds.reporters
    assert [duty.enforcement for duty in city.duties] == [False, True]
    assert city.roster[0].channels == ("wecom", "mail")
    assert city.lexicon["local"] == {"words": ["土话"]}


def test_byte_order_mark_is_accepted(folder: Path) -> None:
    raw = (folder / "districts.csv").read_bytes()
    (folder / "districts.csv").write_bytes(b"\xef\xbb\xbf" + raw)
    assert load_city(folder).districts[0].name == "东区"


def test_only_city_toml_is_required(tmp_path: Path) -> None:
    (tmp_path / "city.toml").write_text('name = "空城"\n', encoding="utf-8")
    assert load_city(tmp_path).name == "空城"


def test_version_follows_the_files(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    first = load_city(folder)
    copy = tmp_path_factory.mktemp("copy") / "city"
    shutil.copytree(folder, copy)
    assert load_city(copy).version == first.version
    (copy / "units.csv").write_text(SMALL["units.csv"] + "路政局,city,\n", encoding="utf-8")
    assert load_city(copy).version != first.version


@pytest.mark.parametrize(
    ("name", "old", "new", "expected"),
    [
        ("places.csv", ",山镇,", ",海街道,", "places.csv 第 3 行 street: '海街道' 不在 streets.csv 中"),
        (
            "places.csv",
            ",河街道,",
            ",山镇,",
            "places.csv 第 2 行 street: '山镇' 在 streets.csv 中不属于 '东区'",
        ),
        ("places.csv", "西区,,,", "南区,,,", "places.csv 第 3 行 district: '南区' 不在 districts.csv 中"),
        ("places.csv", "30.1", "北纬30", "places.csv 第 2 行 lat: '北纬30' 不是数字"),
        ("places.csv", "30.1", "300", "places.csv 第 2 行 lat: 300 超出范围 -90～90"),
        ("places.csv", "30.1", "nan", "places.csv 第 2 行 lat: nan 超出范围 -90～90"),
        ("places.csv", "30.1", "", "places.csv 第 2 行 lat: 经纬度要么都填"),
        ("places.csv", "村,community", "村,village", "places.csv 第 3 行 kind: 'village' 不在 地点类别 中"),
        ("places.csv", "山脚村", "", "places.csv 第 3 行 name: 为空"),
        ("places.csv", "西区,,,", "西区,,", "places.csv 第 3 行: 有 6 列，应为 7 列"),
        ("places.csv", "lat,lon", "lat,经度", "places.csv 第 1 行: 表头应为 name,kind"),
        ("streets.csv", "山镇,西区", "河街道,东区", "streets.csv 第 3 行 name: '河街道' 重复，已在第 2 行"),
        (
            "districts.csv",
            "西区,,",
            "西区,东片,",
            "districts.csv 第 3 行 aliases: '东片' 有歧义，与第 2 行相同",
        ),
        ("districts.csv", "1000", "一千", "districts.csv 第 2 行 population: '一千' 不是数字"),
        ("units.csv", ",city,", ",省级,", "units.csv 第 2 行 level: '省级' 不在 承办单位层级 中"),
        ("duties.csv", ",水务局,", ",水利厅,", "duties.csv 第 2 行 unit: '水利厅' 不在 units.csv 中"),
        ("duties.csv", "{district}", "{区}", "duties.csv 第 3 行 unit: '{区}城管局' 的占位符不对"),
        (
            "duties.csv",
            "查处,供水",
            "查处,供电",
            "duties.csv 第 3 行 category: '供电' 不在 categories.toml 中",
        ),
        ("duties.csv", "示例条例,no", ",no", "duties.csv 第 2 行 basis: 为空"),
        ("roster.csv", "20:00-08:00", "20:00-07:00", "roster.csv shift: 东区从 07:00 起无人值班"),
        ("roster.csv", "20:00-08:00", "晚班", "roster.csv 第 3 行 shift: '晚班' 应写成 08:00-20:00"),
        (
            "roster.csv",
            "00,,wecom",
            "00,北区,wecom",
            "roster.csv 第 2 行 districts: '北区' 不在 districts.csv",
        ),
        ("clocks.toml", "20", '"快"', "clocks.toml 第 2 行 accept_minutes: 应为正数"),
        ("clocks.toml", "20", "200", "clocks.toml 第 1 行 critical: 受理时限不能长于解决时限"),
        ("clocks.toml", "critical", "hot", "clocks.toml 第 1 行 hot: 不认识的紧急程度"),
        ("clocks.toml", "solve_hours", "solve_weeks", "clocks.toml 第 3 行 solve_weeks: 不认识的键"),
        ("city.toml", "alerts_per_day", "alerts_a_day", "city.toml 第 5 行 alerts_a_day: 不认识的键"),
        ("city.toml", "= 2", '= "two"', "city.toml 第 5 行 alerts_per_day: 应为数字"),
        ("city.toml", "= 2", "= nan", "city.toml 第 5 行 alerts_per_day: 应为数字"),
        ("city.toml", "= 2", "= -1", "city.toml 第 5 行 alerts_per_day: -1 太小"),
        ("city.toml", "alerts_per_day = 2", "reporters = 2.5", "city.toml 第 5 行 reporters: 应为整数"),
        ("city.toml", "alerts_per_day = 2", "reporters = 0", "city.toml 第 5 行 reporters: 0 太小"),
        (
            "city.toml",
            "alerts_per_day = 2",
            "tickets_per_alert = 0",
            "city.toml 第 5 行 tickets_per_alert: 0 太小",
        ),
        ("city.toml", "+08:00", "北京时间", "city.toml 第 2 行 utc_offset: 应写成"),
        ("city.toml", 'name = "小城"', "", "city.toml 第 1 行 name: 缺少"),
        ("city.toml", "name =", "name", "city.toml: 不是正确的 TOML"),
        ("categories.toml", "path", "way", "categories.toml 第 3 行 way: 不认识的键"),
        ("categories.toml", '["市政", "供水"]', '"市政"', "categories.toml 第 3 行 path: 应为文字的列表"),
        ("categories.toml", "[[category]]", "[category]", "categories.toml 第 1 行 category: 这个文件只应有"),
    ],
)
def test_mistake_is_told_with_file_line_and_key(
    complain: Callable[..., tuple[str, ...]], name: str, old: str, new: str, expected: str
) -> None:
    assert old in SMALL[name]
    problems = complain(name, SMALL[name].replace(old, new))
    assert any(problem.startswith(expected) for problem in problems), problems


def test_all_mistakes_are_told_at_once(folder: Path, complain: Callable[..., tuple[str, ...]]) -> None:
    (folder / "units.csv").write_text("name,level,district\n水务局,国级,北区\n", encoding="utf-8")
    problems = complain("places.csv", SMALL["places.csv"].replace("30.1", "x").replace(",山镇,", ",海街道,"))
    assert len(problems) == 4
    assert [problem.split()[0] for problem in problems] == [
        "places.csv",
        "places.csv",
        "units.csv",
        "units.csv",
    ]


def test_wrong_encoding_is_told_with_its_line(complain: Callable[..., tuple[str, ...]]) -> None:
    problems = complain("streets.csv", "name,district,aliases,population\n河街道,东区,,1\n".encode("gbk"))
    assert "streets.csv 第 2 行: 不是 UTF-8 编码，请另存为 UTF-8" in problems


def test_unknown_file_is_told(complain: Callable[..., tuple[str, ...]]) -> None:
    assert complain("place.csv", "x")[0].startswith("place.csv: 不认识的文件")


def test_missing_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(CityError, match="文件夹不存在"):
        load_city(tmp_path / "nowhere")


def test_city_words_are_laid_over_each_other() -> None:
    city = City(name="甲", lexicon={"own": {"list": ["a"], "table": {"x": 1}}})
    assert words(city, "own") == {"list": ["a"], "table": {"x": 1}}
    with pytest.raises(LookupError, match="no_such_list"):
        words(city, "no_such_list")


def test_city_words_add_to_the_built_in_ones() -> None:
    built_in = words(City(), "hazards")
    key = next(iter(built_in))
    city = City(version="t", lexicon={"hazards": {key: built_in[key], "of_our_own": {"words": ["闸口漫水"]}}})
    merged = words(city, "hazards")
    assert merged["of_our_own"] == {"words": ["闸口漫水"]}
    assert {name: merged[name] for name in built_in} == dict(built_in)
    assert "of_our_own" not in words(City(), "hazards")
