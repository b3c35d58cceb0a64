"""Server-sent events that survive their connection: each reconnect goes on behind the last event that was seen."""

from __future__ import annotations

import dataclasses
import json
import re

from .problems import ProblemError
from .retry import REFUSED_EARLY, UNCLEAR

# A stream that is silent for longer is dead: the platform sends a heartbeat every fifteen seconds.
SILENCE_SECONDS_MAX = 45.0
END_OF_BLOCK = re.compile(r"\r\n\r\n|\n\n|\r\r")


@dataclasses.dataclass(frozen=True)
class ServerEvent:
    """One fact, as it is told live. It carries no rows: read them with `read_after=event.position`.

    On a person's own stream (`bookings.own_events`) also the state: `snapshot`, in place of all that was told before."""

    # The fact's position in the log.
    position: int
    # Its type, such as `BookingSecured`; on a person's own stream `snapshot`, `booking`, `booking_gone` or `day`.
    type: str
    # What the event says, as JSON.
    data: object


class Parser:
    """Text in, events out."""

    def __init__(self) -> None:
        self._text = ""

    def feed(self, text: str) -> list[ServerEvent]:
        """The events that are whole by now."""
        *blocks, self._text = END_OF_BLOCK.split(self._text + text)
        return [event for event in map(event_of, blocks) if event is not None]


def event_of(block: str) -> ServerEvent | None:
    """One event; nothing for a heartbeat, unless it says how far the stream has come: that has no type, and is for `Last-Event-ID` alone."""
    fields: dict[str, str] = {}
    for line in re.split(r"\r\n|\n|\r", block):
        name, _, value = line.partition(":")
        if name:
            value = value.removeprefix(" ")
            fields[name] = f"{fields[name]}\n{value}" if name == "data" and name in fields else value
    if "id" not in fields:
        return None
    if "data" not in fields:
        return ServerEvent(int(fields["id"]), "", None)
    try:
        data = json.loads(fields["data"])
    except ValueError:
        data = fields["data"]
    return ServerEvent(int(fields["id"]), fields.get("event", "message"), data)


def ends_the_stream(error: Exception) -> bool:
    """Whether reconnecting would meet the same refusal again: what is no longer the caller's, or never was."""
    return isinstance(error, ProblemError) and error.status not in REFUSED_EARLY | UNCLEAR
