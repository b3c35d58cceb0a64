"""What an operation sends."""

from __future__ import annotations

import dataclasses
import urllib.parse
import uuid
from collections.abc import Mapping


@dataclasses.dataclass(frozen=True)
class Call:
    """One request, before anything is sent."""

    id: str
    method: str
    path: str
    secured: bool
    # Whether it may be sent again when it is not known what became of it.
    repeatable: bool
    keyed: bool = False
    # The member of the answer that is a session to go on with; empty where the answer itself is one.
    session: str | None = None
    body: Mapping[str, object] | None = None
    # A body that is a file, and what it is.
    file: bytes | None = None
    media_type: str | None = None
    query: Mapping[str, object] | None = None
    accept: str = "*/*"
    idempotency_key: str | None = None
    if_version: int | None = None
    read_after: int | None = None
    last_event_id: int | None = None

    def headers(self, language: str | None = None) -> dict[str, str]:
        """Its headers, made once a call: a key that is drawn here is the key of every attempt."""
        headers = {"Accept": self.accept}
        if self.media_type is not None:
            headers["Content-Type"] = self.media_type
        if language is not None:
            headers["Accept-Language"] = language
        if self.keyed:
            headers["Idempotency-Key"] = self.idempotency_key or str(uuid.uuid4())
        if self.if_version is not None:
            headers["If-Match"] = f'"{self.if_version}"'
        if self.read_after is not None:
            headers["Read-After"] = str(self.read_after)
        if self.last_event_id is not None:
            headers["Last-Event-ID"] = str(self.last_event_id)
        return headers

    def parameters(self) -> list[tuple[str, str | int | float | bool | None]]:
        """Its query: what is absent is left out, a list is said one by one."""
        found: list[tuple[str, str | int | float | bool | None]] = []
        for name, value in (self.query or {}).items():
            for one in value if isinstance(value, (list, tuple)) else [value]:
                if one is not None:
                    found.append((name, one if isinstance(one, (bool, int, float)) else str(one)))
        return found


def segment(value: str | int) -> str:
    """A part of a path."""
    return urllib.parse.quote(str(value), safe="")
