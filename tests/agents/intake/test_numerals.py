import pytest

from agents.intake.numerals import arabic, half_width, normalize_place_text


@pytest.mark.parametrize(
    ("said", "number"),
    [
        ("三", "3"),
        ("十", "10"),
        ("十二", "12"),
        ("二十", "20"),
        ("一百零三", "103"),
        ("二〇三", "203"),
        ("两千", "2000"),
    ],
)
def test_chinese_numerals_become_arabic(said: str, number: str) -> None:
    assert arabic(said) == number


@pytest.mark.parametrize(
    ("said", "normal"),
    [
        ("三栋二单元", "3栋2单元"),
        ("解放路一百二十号", "解放路120号"),
        ("Ａ３区１２号楼", "A3区12号楼"),
        ("五一路", "五一路"),
        ("三里河", "三里河"),
    ],
)
def test_counted_parts_get_arabic_digits_and_names_keep_theirs(said: str, normal: str) -> None:
    assert normalize_place_text(said) == normal


@pytest.mark.parametrize("text", ["３栋，Ａ座（东）", "停水，没电", "", "ａ＠ｂ"])
def test_half_width_keeps_every_position(text: str) -> None:
    assert len(half_width(text)) == len(text)
    assert [c for c in half_width(text) if "\u4e00" <= c <= "\u9fff"] == [
        c for c in text if "\u4e00" <= c <= "\u9fff"
    ]
