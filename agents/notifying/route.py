"""The step of notifying 通知: whom to tell about an alert, and by which channel."""

from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict

from agents.alerting.alert import AlertEvent
from agents.alerting.desk import hashed, local_time
from agents.city import City
from agents.notifying.roster import on_duty

DEFAULT_CHANNEL = "console"
"""Where an alert goes when no channel is configured: nobody's phone, but never nowhere."""
TOLD = ("raised", "updated", "digest")
"""The events that reach a person; all others stand in the index and on the console page."""


class Delivery(BaseModel):
    """One message to one channel. The same event gives the same key, so a receiver can drop a double."""

    model_config = ConfigDict(frozen=True)

    key: str
    """Idempotency key: d-<hash(alert, number of the event, channel)>."""
    channel: str
    officers: tuple[str, ...] = ()
    """Names on the roster, not persons: who this channel reaches now."""
    event: AlertEvent


@dataclass(frozen=True)
class Routing:
    """The city's roster, and the names of the channels that are configured (their addresses are secrets)."""

    city: City
    channels: tuple[str, ...] = ()


def route(event: AlertEvent, routing: Routing) -> tuple[Delivery, ...]:
    """alerts → deliveries, by who is on shift at the event's local time and answers for its district.

    Nobody on shift, or none of their channels configured: every configured channel is told.
    The officer on duty is looked up at event time, so a replay routes alike.
    """
    if event.event not in TOLD:
        return ()
    local = local_time(event.at, routing.city)
    officers = on_duty(routing.city.roster, local, event.alert.district)
    wanted = {channel for officer in officers for channel in officer.channels}
    channels = [name for name in routing.channels if name in wanted]
    return tuple(
        Delivery(
            key=f"d-{hashed(event.alert.alert_id, str(event.seq), channel)}",
            channel=channel,
            officers=tuple(officer.name for officer in officers if channel in officer.channels),
            event=event,
        )
        for channel in channels or routing.channels or (DEFAULT_CHANNEL,)
    )
