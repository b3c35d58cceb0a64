"""When a request is sent again, and after which pause. Nothing here sends or waits."""

from __future__ import annotations

import dataclasses
import datetime
import email.utils
import random

import httpx

from .calls import Call
from .problems import ConnectionFault, error_of

# Refused before anything was done, whatever the request.
REFUSED_EARLY = frozenset({429})
# It may have acted: only what may be repeated is.
UNCLEAR = frozenset({408, 502, 503, 504})


@dataclasses.dataclass(frozen=True)
class RetryPolicy:
    """How failed requests are repeated."""

    # How often one call may be sent, the first time included.
    attempts_max: int = 5
    # The first pause in seconds; each further one may be twice as long. A random part of it is waited.
    pause_seconds: float = 0.25
    # The longest pause. A server that asks (`Retry-After`) for a longer one is taken at its word: the call fails.
    pause_seconds_max: float = 20.0

    def pause(self, attempt: int, asked: float | None, drawn: float) -> float:
        """The pause after the given attempt (from 1 on): half of what is due at least, so that a server in trouble gets its rest; the
        other half at random (`drawn`, 0 to 1), so that clients do not come all at once."""
        longest = min(self.pause_seconds_max, self.pause_seconds * 2.0 ** min(attempt - 1, 30))
        return max(asked or 0.0, longest / 2 + longest / 2 * drawn)


def retry_after(header: str | None, now: datetime.datetime) -> float | None:
    """`Retry-After` in seconds: a number or a date."""
    if not header:
        return None
    if header.strip().isdecimal():
        return float(header)
    try:
        at = email.utils.parsedate_to_datetime(header)
    except ValueError:
        return None
    return max(0.0, (at - now).total_seconds())


class Attempts:
    """The attempts of one call."""

    def __init__(self, call: Call, policy: RetryPolicy, base_url: str) -> None:
        self._call = call
        self._base_url = base_url
        self._policy = policy
        self._made = 0

    def after_answer(self, answer: httpx.Response) -> float:
        """How long to pause after an answer that is an error; the error itself where another attempt would not mend it."""
        asked = retry_after(answer.headers.get("retry-after"), datetime.datetime.now(datetime.timezone.utc))
        error = error_of(answer, asked)
        status = answer.status_code
        worth = status in REFUSED_EARLY or (self._call.repeatable and status in UNCLEAR)
        if not worth or (asked is not None and asked > self._policy.pause_seconds_max):
            raise error
        return self._pause(asked, error)

    def after_fault(self, fault: httpx.TransportError) -> float:
        """The same after no answer."""
        error = ConnectionFault(self._call.method, self._base_url + self._call.path, self._made + 1, fault)
        error.__cause__ = fault
        if not self._call.repeatable:
            raise error
        return self._pause(None, error)

    def _pause(self, asked: float | None, error: Exception) -> float:
        self._made += 1
        if self._made >= self._policy.attempts_max:
            raise error
        return self._policy.pause(self._made, asked, random.random())
