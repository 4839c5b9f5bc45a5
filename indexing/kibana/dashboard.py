"""The first dashboard 未诉总览: twelve ES|QL panels by value on Kibana's 48-column grid, and their terms.

Shapes: Kibana 9.5, Dashboards API (`vis` and `markdown` panels; `data_source` in each layer of an xy chart,
beside `type` in all others; an ES|QL column is named by the query, so it needs no operation and no label).
"""

from typing import Any

from indexing.kibana.queries import Queries

COLUMNS = 48
"""Width of the grid."""
TITLE = "未诉总览"
TERMS = """### 怎么读
- **工单**：市民的一次诉求，按**受理时间**计。**诉求人**：不同的来电人（加密标识，不含个人信息）。
- **问题**：同一地点、同一事项的一组工单，按**最近来诉**计；问题大小看诉求人，不看件数。
- **紧急程度**：特急 › 紧急 › 一般 › 平缓；**未研判**：刚受理，还没有研判结果。
- **预警**：推给值班员的提示，红 › 橙 › 黄 › 蓝。
- **未报台账**：系统发现、但没有推送的事，附原因；一件不丢，可以复核。
- **规律**：突增、办结复发、长期未决、季节性、推诿等。
- **退单**：承办单位退回；**转派**：换了承办单位。平均数只列 5 件以上的单位。

时间按当地时间切分，右上角可改范围。刚装好、还没有数据时，面板会提示找不到索引，有第一件数据后即正常。
"""


def dashboard(prefix: str = "", utc_offset_minutes: int = 480) -> dict[str, Any]:
    """Body of PUT /api/dashboards/ID: the whole dashboard, no id in it."""
    ask = Queries(prefix, utc_offset_minutes)
    return {
        "title": TITLE,
        "description": "工单、问题、预警与未报台账一览。由 weisu setup 安装，重装会覆盖改动：要改请先另存。",
        "time_range": {"from": "now-30d", "to": "now"},
        "options": {"use_margins": True, "sync_colors": True},
        "panels": [*_numbers(ask), *_times(ask), *_places(ask), *_lists(ask)],
    }


def _numbers(ask: Queries) -> list[dict[str, Any]]:
    totals = {
        "tickets-total": ask.total("tickets", "工单", "COUNT(*)"),
        "problems-open": ask.total("problems", "未办结问题", 'COUNT(*) WHERE status == "open"'),
        "alerts-total": ask.total("alerts", "预警", "COUNT(*)"),
        "returns-average": ask.total("tickets", "平均退单", "ROUND(AVG(returns), 2)"),
    }
    columns = ("工单", "未办结问题", "预警", "平均退单")
    return [
        _panel(id, (12 * place, 0, 12, 6), _metric(query, column))
        for place, ((id, query), column) in enumerate(zip(totals.items(), columns, strict=True))
    ]


def _times(ask: Queries) -> list[dict[str, Any]]:
    tickets = _bars("bar_stacked", ask.tickets_by_day(), "日期", "工单", "紧急程度")
    alerts = _bars("bar_stacked", ask.alerts_by_day(), "日期", "预警", "级别")
    hours = _titled("来诉时段（星期 × 小时）", _heatmap(ask.tickets_by_hour(), "时", "星期", "工单"))
    return [
        _panel("tickets-by-day", (0, 6, 32, 14), _titled("每日工单（按紧急程度）", tickets)),
        _panel("terms", (32, 6, 16, 14), _titled("名词", {"content": TERMS}), "markdown"),
        _panel("tickets-by-hour", (0, 20, 24, 14), hours),
        _panel("alerts-by-day", (24, 20, 24, 14), _titled("每日预警（按级别）", alerts)),
    ]


def _places(ask: Queries) -> list[dict[str, Any]]:
    shown = (
        ("districts", "区县前十五", "区县", ask.tickets_by("district", "区县")),
        ("streets", "街镇前十五", "街镇", ask.streets()),
        ("categories", "类别前十五", "类别", ask.tickets_by("category", "类别")),
    )
    return [
        _panel(
            id, (16 * place, 34, 16, 14), _titled(title, _bars("bar_horizontal", query, column, "工单", None))
        )
        for place, (id, title, column, query) in enumerate(shown)
    ]


def _lists(ask: Queries) -> list[dict[str, Any]]:
    problems = _table(
        ask.problems(),
        ("问题", "区县", "街镇", "状态", "规律"),
        ("诉求人", "工单", "未办结工单", "办结次数"),
    )
    held = _bars("bar_horizontal", ask.held(), "未报原因", "未报", None)
    returns = _table(ask.returns_by_unit(), ("承办单位",), ("工单", "平均退单", "平均转派"))
    return [
        _panel("problems-top", (0, 48, 48, 16), _titled("诉求人最多的问题", problems)),
        _panel("held-by-reason", (0, 64, 24, 14), _titled("未报台账（按原因）", held)),
        _panel("returns-by-unit", (24, 64, 24, 14), _titled("退单与转派（按承办单位）", returns)),
    ]


def _panel(
    id: str, place: tuple[int, int, int, int], config: dict[str, Any], type: str = "vis"
) -> dict[str, Any]:
    """`place`: left, top, width, height in grid units."""
    x, y, w, h = place
    return {"id": id, "type": type, "grid": {"x": x, "y": y, "w": w, "h": h}, "config": config}


def _titled(title: str, config: dict[str, Any]) -> dict[str, Any]:
    return {"title": title, **config}


def _source(query: str) -> dict[str, Any]:
    return {"type": "esql", "query": query}


def _metric(query: str, column: str) -> dict[str, Any]:
    return {
        "type": "metric",
        "data_source": _source(query),
        "metrics": [{"type": "primary", "column": column}],
    }


def _bars(type: str, query: str, x: str, y: str, breakdown: str | None) -> dict[str, Any]:
    layer: dict[str, Any] = {
        "type": type,
        "data_source": _source(query),
        "x": {"column": x},
        "y": [{"column": y}],
    }
    if breakdown is not None:
        layer["breakdown_by"] = {"column": breakdown}
    return {"type": "xy", "axis": {"x": {"title": {"visible": False}}}, "layers": [layer]}


def _heatmap(query: str, x: str, y: str, value: str) -> dict[str, Any]:
    return {
        "type": "heatmap",
        "data_source": _source(query),
        "x": {"column": x},
        "y": {"column": y},
        "metric": {"column": value},
    }


def _table(query: str, rows: tuple[str, ...], metrics: tuple[str, ...]) -> dict[str, Any]:
    return {
        "type": "data_table",
        "data_source": _source(query),
        "rows": [{"column": column} for column in rows],
        "metrics": [{"column": column} for column in metrics],
    }
