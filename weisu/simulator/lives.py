"""What happens to a ticket after the call, as contract events: dispatch, returns, closing, review."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any

from agents.city import City
from weisu.simulator.matters import Matter
from weisu.simulator.stories import Call
from weisu.simulator.voices import Caller, copy_text, tell

_ONLINE, _ONLINE_SHARES = ("wechat", "app", "web", "mail"), (45, 30, 22, 3)
_RETURNS = (
    "不属于本单位职责",
    "地址不在辖区内",
    "应由行业主管部门办理",
    "建议由属地先行处置",
    "诉求不清，请补充",
)
_DISPATCHES = ("按职责派单", "属地办理", "按谁主管谁负责派单", "转办", "")
_REPLIES = {
    "solved": (
        "经核实，反映情况属实，{unit}已安排人员到场处理，目前已恢复正常。",
        "{unit}已完成整改，并回复来电人，来电人表示认可。",
        "工作人员当天到现场处置完毕，后续将加强巡查。",
    ),
    "explained": (
        "{unit}已向来电人解释相关政策，建议通过法定途径解决。",
        "经查，该事项已列入计划，将按程序推进，请耐心等待。",
        "已与来电人沟通，问题涉及多方，{unit}将持续关注。",
    ),
    "unsolved": (
        "经现场查看，因权属不清暂无法处理，{unit}已上报。",
        "因资金尚未落实，该问题暂不具备解决条件。",
    ),
    "unknown": ("已转相关科室办理。", "已收悉，感谢您的来电。", "多次联系来电人未接通，先行办结。"),
}
_COMMENTS = {
    "yes": ("处理得挺快", "满意", "师傅很负责", "谢谢"),
    "no": ("根本没人来过", "只是打了个电话", "问题还在", "推来推去", "答非所问"),
}
_MORE = (
    "补充：现在情况更严重了。",
    "补充一下，{detail}。",
    "市民再次来电补充：{detail}。",
    "更正地址，其他不变。",
)


@dataclass
class Scribe:
    """Writes the events of tickets in the contract's shape."""

    city: City
    _campaigns: dict[str, tuple[str, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._paths = {category.key: list(category.path) for category in self.city.categories}
        self._units: dict[str, list[str]] = {}
        for duty in self.city.duties:
            self._units.setdefault(duty.category, []).append(duty.unit)

    def write(self, rng: Random, call: Call, ticket_id: str) -> Iterator[tuple[datetime, dict[str, Any]]]:
        """Event time and event of everything that happens to the ticket, in order."""
        for number, (at, event, fields) in enumerate(self._life(rng, call), 1):
            yield (
                at,
                {
                    "event_id": f"{ticket_id}-{number}",
                    "event": event,
                    "ticket_id": ticket_id,
                    "revision": number,
                    "occurred_at": at.isoformat(timespec="seconds"),
                    **fields,
                },
            )

    def _life(self, rng: Random, call: Call) -> Iterator[tuple[datetime, str, dict[str, Any]]]:
        at = call.at
        created = self._created(rng, call)
        yield at, "created", created
        if rng.random() < 0.04:
            at += timedelta(seconds=rng.randint(180, 3000))
            more = rng.choice(_MORE).replace("{detail}", rng.choice(call.matter.effects))
            changed = {**created, "content": f"{created['content']}\n{more}", "place": _full_place(rng, call)}
            yield at, "updated", changed
        outcome = (
            call.outcome or rng.choices(("solved", "explained", "unsolved", "unknown"), (58, 27, 9, 6))[0]
        )
        unit = ""
        for moment, event, fields in self._handling(rng, call, at):
            at, unit = moment, fields["unit"]
            yield at, event, fields
        if rng.random() < 0.03 and call.close_after is None:
            return
        at = max(at + timedelta(minutes=10), call.at + self._until_closed(rng, call))
        yield at, "closed", _closed(rng, unit, outcome)
        yield from self._afterwards(rng, at, unit, outcome)

    def _created(self, rng: Random, call: Call) -> dict[str, Any]:
        phone = call.campaign is None and rng.random() < 0.66
        named = rng.random() < 0.75
        caller = Caller(call.caller)
        title, content = self._text(rng, call, phone, not named)
        fields: dict[str, Any] = {
            "channel": "phone" if phone else rng.choices(_ONLINE, _ONLINE_SHARES)[0],
            "content": content,
        }
        if call.planted is not None or rng.random() > 0.03:
            fields["caller"] = caller.as_field()
        if title:
            fields["title"] = title
        if rng.random() > 0.1:
            fields["kind"] = call.matter.kind
        if named and call.matter.places:
            fields["place"] = _full_place(rng, call)
        elif rng.random() < 0.5:
            fields["place"] = {"city": self.city.name}
        if rng.random() > 0.15:
            fields["category"] = self._path_of(rng, call.matter)
        return fields

    def _text(self, rng: Random, call: Call, phone: bool, name_it: bool) -> tuple[str, str]:
        if call.campaign is None:
            return tell(rng, call, phone, name_it)
        if call.campaign not in self._campaigns:
            self._campaigns[call.campaign] = tell(rng, call, False, True)
        title, content = self._campaigns[call.campaign]
        return title, copy_text(rng, content)

    def _path_of(self, rng: Random, matter: Matter) -> list[str]:
        path = self._paths.get(matter.category) or [matter.category]
        if rng.random() < 0.03 and self._paths:
            path = rng.choice(list(self._paths.values()))
        return path if rng.random() < 0.85 else path[:2]

    def _unit_for(self, rng: Random, call: Call) -> str:
        pattern = rng.choice(self._units.get(call.matter.category) or ["{district}政务服务中心"])
        return pattern.format(district=call.spot.district, street=call.spot.street)

    def _handling(
        self, rng: Random, call: Call, at: datetime
    ) -> Iterator[tuple[datetime, str, dict[str, Any]]]:
        """Dispatched, perhaps returned and dispatched elsewhere; few tickets wander on and on."""
        urgent = call.matter.hazard
        at += timedelta(minutes=_lognormal(rng, 6 if urgent else 45, 0.8))
        unit = self._unit_for(rng, call)
        yield at, "dispatched", _reasoned(rng, unit, _DISPATCHES)
        hops = rng.choices((0, 1, 2, 3, 5), (910, 60, 20, 7, 3))[0]
        for hop in range(hops):
            at += timedelta(hours=_lognormal(rng, 0.5 if urgent else 6, 0.7))
            yield at, "returned", _reasoned(rng, unit, _RETURNS)
            at += timedelta(hours=_lognormal(rng, 0.3 if urgent else 3, 0.7))
            others = (f"{call.spot.street}便民服务中心", self._unit_for(rng, call), "市政务热线服务中心")
            unit = others[hop % 3] if others[hop % 3] != unit else others[(hop + 1) % 3]
            yield at, "dispatched", _reasoned(rng, unit, _DISPATCHES)

    def _until_closed(self, rng: Random, call: Call) -> timedelta:
        if call.close_after is not None:
            return call.close_after
        if call.matter.hazard:
            return timedelta(hours=_lognormal(rng, 4, 0.7))
        if call.matter.kind in ("consult", "praise"):
            return timedelta(hours=_lognormal(rng, 5, 1.0))
        return timedelta(hours=_lognormal(rng, 52, 0.9))

    def _afterwards(
        self, rng: Random, closed_at: datetime, unit: str, outcome: str
    ) -> Iterator[tuple[datetime, str, dict[str, Any]]]:
        """Review, reopening after a bad one, and for some the second call after one to two months."""
        at = closed_at
        if rng.random() < 0.35:
            at += timedelta(hours=rng.uniform(4, 70))
            review = _review(rng, outcome)
            yield at, "reviewed", review
            if review["solved"] == "no" and rng.random() < 0.4:
                at += timedelta(hours=rng.uniform(1, 48))
                yield at, "reopened", {}
                at += timedelta(hours=rng.uniform(1, 12))
                yield at, "dispatched", _reasoned(rng, unit, _DISPATCHES)
                at += timedelta(hours=_lognormal(rng, 60, 0.6))
                yield at, "closed", _closed(rng, unit, rng.choice(("solved", "explained")))
        if rng.random() < 0.03:
            second = max(closed_at + timedelta(days=rng.uniform(30, 60)), at + timedelta(days=1))
            yield second, "reviewed", _review(rng, outcome)


def _lognormal(rng: Random, median: float, spread: float) -> float:
    return median * math.exp(rng.gauss(0, spread))


def _reasoned(rng: Random, unit: str, reasons: tuple[str, ...]) -> dict[str, Any]:
    reason = rng.choice(reasons)
    return {"unit": unit, "reason": reason} if reason else {"unit": unit}


def _closed(rng: Random, unit: str, outcome: str) -> dict[str, Any]:
    return {"unit": unit, "reply": rng.choice(_REPLIES[outcome]).replace("{unit}", unit), "outcome": outcome}


def _review(rng: Random, outcome: str) -> dict[str, Any]:
    good = {"solved": 0.78, "explained": 0.35, "unsolved": 0.08, "unknown": 0.3}[outcome]
    solved = "yes" if rng.random() < good else "no"
    satisfied = solved if rng.random() < 0.85 else rng.choice(("yes", "no", "unknown"))
    review: dict[str, Any] = {"satisfied": satisfied, "solved": solved if rng.random() < 0.93 else "unknown"}
    if rng.random() < 0.45:
        review["rating"] = rng.choice((4, 5, 5)) if satisfied == "yes" else rng.choice((1, 1, 2, 3))
    if rng.random() < 0.3:
        review["comment"] = rng.choice(_COMMENTS["yes" if satisfied == "yes" else "no"])
    return review


def _full_place(rng: Random, call: Call) -> dict[str, Any]:
    """The platform's place fields, each sometimes missing."""
    spot = call.spot
    place: dict[str, Any] = {}
    if rng.random() > 0.1:
        place["district"] = spot.district
    if rng.random() > 0.12:
        place["street"] = spot.street
    if spot.kind == "community":
        place["community"] = spot.name
        if rng.random() < 0.3:
            place["address"] = f"{spot.name}{call.house}号楼"
    else:
        place["address"] = f"{spot.name}{call.house}号" if spot.kind == "road" else spot.name
    if spot.lat is not None and spot.lon is not None and rng.random() < 0.45:
        place["lat"] = round(spot.lat + rng.gauss(0, 0.0006), 6)
        place["lon"] = round(spot.lon + rng.gauss(0, 0.0006), 6)
    return place
