"""The report page and its charts: valid, self-contained, and safe with any text."""

from xml.etree import ElementTree

import pytest

from weisu.evaluation.page import figure, heading, markdown_table, page, paragraph, table
from weisu.evaluation.plot import Axis, Point, Series, bar_chart, line_chart

SVG = "{http://www.w3.org/2000/svg}"


def test_page_holds_its_parts_in_order_and_escapes_them() -> None:
    html = page("a < b", [heading("one & two"), paragraph("<script>"), table(["x"], [["<b>"]])])
    assert html.index("one &amp; two") < html.index("&lt;script&gt;") < html.index("&lt;b&gt;")
    assert "<script" not in html
    assert "http" not in html.replace("http-equiv", "")


def test_cells_say_what_is_met_and_what_is_not_known() -> None:
    rows = [["recall", 0.875, None, True, False, 3]]
    assert table([""] * 6, rows).count("<td>") == 6
    assert (
        markdown_table(list("abcdef"), rows).splitlines()[-1] == "| recall | 0.875 | — | met | not met | 3 |"
    )
    assert 'class="missed"' in table([""], [[False]])


def test_line_chart_is_valid_xml_with_a_point_each() -> None:
    points = (Point(0.1, 0.5, 0.4, 0.6, "λ* = 3"), Point(5, 0.9, 0.8, 0.95), Point(99, 2))
    svg = line_chart(
        [Series("ours & <theirs>", points), Series("empty", (), dashed=True)],
        Axis("false a day", 0.05, 20, log=True),
        Axis("recall", 0, 1),
        marks=[(5, 0.87, "target")],
    )
    root = ElementTree.fromstring(svg)
    circles = [element for element in root.iter() if element.tag.endswith("circle")]
    assert len(circles) == 3
    heights = [float(circle.attrib["cy"]) for circle in circles]
    assert heights[0] > heights[1] > heights[2]
    assert figure(svg, "c").startswith("<figure><svg")


@pytest.mark.parametrize(
    ("axis", "ticks"),
    [
        (Axis("", 0, 1), [0, 0.2, 0.4, 0.6, 0.8, 1]),
        (Axis("", 0, 23), [0, 5, 10, 15, 20]),
        (Axis("", 0.1, 10, log=True), [0.1, 0.2, 0.5, 1, 2, 5, 10]),
    ],
)
def test_ticks_are_round(axis: Axis, ticks: list[float]) -> None:
    assert axis.ticks == pytest.approx(ticks)


def test_bars_stand_on_the_axis() -> None:
    root = ElementTree.fromstring(bar_chart([Point(0, 0.5, 0.3, 0.7)], ["4–5"], Axis("recall", 0, 1)))
    (bar,) = [element for element in root.iter() if element.tag.endswith("rect")]
    assert float(bar.attrib["y"]) + float(bar.attrib["height"]) == 332
